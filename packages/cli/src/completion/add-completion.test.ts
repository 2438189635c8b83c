import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';

// The shell reads standard output, and the library writes there itself.
let printed: string[];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)));
});
afterEach(() => vi.restoreAllMocks());

async function complete(...parameters: string[]): Promise<string[]> {
  await run(['complete', '--', ...parameters], memoryTerminal());
  return printed
    .join('\n')
    .split('\n')
    .map((line) => line.split('\t')[0]!);
}

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints what %s needs', async (shell) => {
    expect(await run(['completion', shell], memoryTerminal())).toBe(0);
    expect(printed.join('\n')).toContain('latent-matte');
  });

  it('names the shells it knows', async () => {
    const terminal = memoryTerminal();
    expect(await run(['completion', 'tcsh'], terminal)).toBe(1);
    expect(terminal.notes.join()).toContain('zsh');
  });

  it('completes commands, flags and their words', async () => {
    expect(await complete('cut')).toContain('cut-out');
    printed = [];
    expect(await complete('cut-out', '--ba')).toContain('--background');
    printed = [];
    expect(await complete('enhance', '--device', '')).toContain('wasm');
    printed = [];
    expect(await complete('models', '')).toContain('add');
  });
});
