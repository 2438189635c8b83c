import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImage } from '@latent-matte/backend-node';
import { mockPortrait } from '@latent-matte/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';
import { registerLeftHalf } from '../testing/left-half';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-watch-'));
  await mkdir(at('inbox'));
  registerLeftHalf('left-half');
});
afterEach(() => rm(folder, { recursive: true }));

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

describe('cut-out --watch', () => {
  it('cuts out what is there and what comes, goes on after a failure, and never takes its results for photos', async () => {
    await writeImage(at('inbox', 'a.png'), mockPortrait(64, 64));
    const [terminal, stop] = [memoryTerminal(), new AbortController()];
    const parameters = ['cut-out', at('inbox'), '--watch', '--device', 'cpu', '-m', 'left-half'];
    const running = run(parameters, terminal, stop.signal);
    await eventually(() => expect(terminal.notes.join('\n')).toContain('watching'));
    expect(existsSync(at('inbox', 'a-cut-out.png'))).toBe(true);
    await writeFile(at('inbox', 'broken.jpg'), 'no picture');
    await eventually(() => expect(terminal.notes.join('\n')).toContain('broken.jpg'));
    await writeImage(at('inbox', 'b.png'), mockPortrait(64, 64));
    await eventually(() => expect(terminal.outs.join('\n')).toContain('b-cut-out.png'));
    expect(existsSync(at('inbox', 'b-cut-out.png'))).toBe(true);
    stop.abort();
    expect(await running).toBe(130);
    expect(terminal.outs.join('\n')).not.toContain('cut-out-cut-out');
    // A second run over the folder sees the two photos, not their cut-outs.
    const again = memoryTerminal();
    const rest = ['-m', 'left-half', '--device', 'cpu'];
    expect(await run(['cut-out', at('inbox'), ...rest], again)).toBe(1);
    expect(again.notes.at(-1)).toContain('2 done, 1 failed');
  });

  it('misses no photo that comes while others are cut out', async () => {
    await writeImage(at('inbox', 'a.png'), mockPortrait(64, 64));
    let open = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      open = resolve;
    });
    registerLeftHalf('gated', { ready });
    const [terminal, stop] = [memoryTerminal(), new AbortController()];
    const parameters = ['cut-out', at('inbox'), '--watch', '--device', 'cpu', '-m', 'gated'];
    const running = run(parameters, terminal, stop.signal);
    await eventually(() => expect(terminal.notes.join('\n')).toContain('device'));
    await writeImage(at('inbox', 'late.png'), mockPortrait(64, 64));
    open();
    await eventually(() => expect(terminal.outs.join('\n')).toContain('late-cut-out.png'));
    stop.abort();
    expect(await running).toBe(130);
  });

  it('refuses one file for all that comes', async () => {
    const terminal = memoryTerminal();
    const parameters = ['cut-out', at('inbox'), '--watch', '-o', at('one.png')];
    expect(await run(parameters, terminal)).toBe(1);
    expect(terminal.notes.join()).toContain('photos would be written to');
  });

  it('refuses standard input', async () => {
    const terminal = memoryTerminal();
    expect(await run(['cut-out', '-', '--watch'], terminal)).toBe(1);
    expect(terminal.notes.join()).toContain('Standard input cannot be watched');
  });
});
