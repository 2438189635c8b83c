import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { emulatedGpu } from '@latent-matte/test-kit/emulated-gpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from './main';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
const fixtures = fileURLToPath(new URL('../../packages/core/fixtures', import.meta.url));
/** The kit packs Dawn for Linux on x64, as machines with large GPUs are. */
const canRun = emulatedGpu !== undefined && process.platform === 'linux' && process.arch === 'x64';
const MINUTES = 60_000;

describe.skipIf(!canRun)('the GPU kit on an emulated GPU', () => {
  let kit: string;
  let report: Report;
  beforeAll(async () => {
    kit = join(mkdtempSync(join(tmpdir(), 'gpu-kit-')), 'kit');
    await run(join(folder, 'pack'), ['--without-node', '--out', kit, '--fixtures', fixtures]);
    const { stdout } = await run(join(folder, 'run'), ['--tiny', '--seconds', '800'], {
      cwd: tmpdir(),
      env: { ...process.env, ...emulatedGpu, LATENT_MATTE_GPU_KIT: kit },
      maxBuffer: 2 ** 24,
    });
    report = JSON.parse(stdout) as Report;
  }, 15 * MINUTES);
  afterAll(() => rmSync(join(kit, '..'), { recursive: true, force: true }));

  it('needs nothing of the repository', () => {
    for (const file of ['run', 'program.mjs', 'torch_steps.py', 'photo.rgb', 'fixtures']) {
      expect(existsSync(join(kit, file)), file).toBe(true);
    }
  });

  it('names the adapter', () => {
    expect(report.adapter.description).toContain('SwiftShader');
  });

  it('measures a step of `official` as the device saw it', () => {
    const [official] = report.steps;
    expect(official!.name).toBe('official 32');
    const { webgpu } = official!;
    if ('failed' in webgpu) throw new Error(webgpu.failed);
    expect(webgpu.steps).toBeGreaterThan(0);
    expect(webgpu.secondsPerStep).toBeGreaterThan(0);
    expect(webgpu.peakBufferMegabytes).toBeGreaterThan(1);
    // Five networks, forward and back; the losses are read once.
    expect(webgpu.perStep.dispatches).toBeGreaterThan(500);
    expect(webgpu.perStep.readBacks).toBeGreaterThan(0);
    expect(webgpu.perStep.submits).toBeGreaterThan(0);
  });

  it('measures PyTorch beside it, or says why not', () => {
    for (const { pytorch } of report.steps) {
      if ('skipped' in pytorch) expect(pytorch.skipped).not.toBe('');
      else expect(pytorch.secondsPerStep).toBeGreaterThan(0);
    }
  });

  it('compares with reference tensors on the GPU', () => {
    expect(report.parity.map(({ item, state }) => [item, state])).toEqual([['losses', 'ok']]);
  });
});
