import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidOptionError } from '@latent-matte/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listDevices } from './list-devices';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-devices-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A tfjs-node with a binding, whose code is `main`. */
async function fakeNative(main: string): Promise<void> {
  await mkdir(join(folder, 'lib', 'napi-v8'), { recursive: true });
  await writeFile(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  const manifest = { name: '@tensorflow/tfjs-node', version: '0.0.0', main: 'main.js' };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'main.js'), main);
  vi.stubEnv('LATENT_MATTE_TFJS_NODE', folder);
}

describe('listDevices', () => {
  it('finds and measures wasm', async () => {
    const [report] = await listDevices({ devices: ['wasm'], measureSeconds: 0.1 });
    expect(report).toMatchObject({ device: 'wasm', available: true, version: '4.22.0' });
    expect(report!.gflops).toBeGreaterThan(0.01);
    expect(report!.limits!.maxPixels).toBeGreaterThan(1024 ** 2);
  });

  it.each([
    ['throws', 'throw new Error("libtensorflow.so.2 is missing")', 'libtensorflow.so.2 is missing'],
    ['crashes', 'console.error("bad symbol"); process.abort()', 'process crashed (SIGABRT'],
    ['ends', 'process.exit(7)', 'process crashed (exit code 7'],
    ['registers nothing', '', 'does not load'],
  ])('reports a native library that %s, with a remedy', async (_, main, detail) => {
    await fakeNative(main);
    const [report] = await listDevices({ devices: ['native'] });
    expect(report).toMatchObject({ device: 'native', available: false });
    expect(report!.detail).toContain(detail);
    expect(report!.remedy).toContain('tfjs-node');
  });

  it('tells a package whose install script did not run', async () => {
    await fakeNative('');
    await rm(join(folder, 'lib'), { recursive: true });
    const [report] = await listDevices({ devices: ['native'] });
    expect(report!.detail).toContain('without its native binding');
    expect(report!.remedy).toContain('pnpm approve-builds');
  });

  it('says what is not installed, and refuses what does not exist', async () => {
    vi.stubEnv('LATENT_MATTE_TFJS_NODE', '');
    const [report] = await listDevices({ devices: ['cuda'] });
    expect(report).toMatchObject({
      available: false,
      detail: expect.stringContaining('tfjs-node-gpu'),
    });
    await expect(listDevices({ devices: ['tpu' as 'cpu'] })).rejects.toBeInstanceOf(
      InvalidOptionError,
    );
  });
});
