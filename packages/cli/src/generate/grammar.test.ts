import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-flags-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('latent-matte generate, worker and queue', () => {
  const generate = ['generate', '--out', 'OUT', '--device', 'wasm', '--count', '1'];
  it.each([
    [['generate', '--out', 'OUT'], /--count/],
    [['generate', '--count', '1'], /--out/],
    [['generate', '--out', 'OUT', '--count', '0'], /whole number ≥ 1/],
    [[...generate, '--limit', 'beauty=1'], /LIMIT=NUMBER/],
    [[...generate, '--weight', 'consistency=1'], /entropy, compositional/],
    [[...generate, '--truncation', '2'], /a finite number in \(0, 1\]/],
    [[...generate, '--generator', 'residual-pyramid'], /no mapping network/],
    [[...generate, '--generator', 'nobody'], /no generator called "nobody"/],
    [[...generate, '--background', 'none.jpg'], /none\.jpg/],
    [[...generate, '--backgrounds', 'nowhere'], /nowhere/],
    [[...generate, '--label', 'best'], /refined, plain/],
    [[...generate, '--range', '4', '--detach'], /--range and --detach without --queue/],
    [[...generate, '--queue', 'redis://127.0.0.1:1', '--workers', '2'], /this machine alone/],
    [[...generate, '--queue', 'redis://127.0.0.1:1'], /cannot be reached \(ECONNREFUSED\)/],
    [[...generate, '--queue', 'localhost:6379'], /is not that of a Redis/],
    [['worker', '--out', 'OUT'], /--queue/],
    [['worker', '--queue', 'redis://127.0.0.1:1', '--out', 'OUT'], /cannot be reached/],
    [['queue', 'status', '--queue', 'redis://127.0.0.1:1'], /cannot be reached/],
  ])('refuses %s, and writes nothing', async (parameters, message) => {
    const terminal = memoryTerminal();
    const out = join(folder, 'out');
    const given = parameters.map((parameter) => (parameter === 'OUT' ? out : parameter));
    const code = await run(given, terminal, new AbortController().signal);
    expect(terminal.notes.join('\n')).toMatch(message);
    expect([code, terminal.outs]).toEqual([1, []]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([['generate'], ['worker'], ['queue'], ['queue', 'status']])(
    'have help: %s',
    async (...names) => {
      const terminal = memoryTerminal();
      const code = await run([...names, '--help'], terminal, new AbortController().signal);
      expect(code).toBe(0);
      expect(terminal.outs.join('\n')).toContain('--queue');
    },
  );
});
