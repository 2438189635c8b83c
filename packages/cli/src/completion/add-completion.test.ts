import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';

const bash = ['/bin/bash', '/usr/bin/bash'].find((path) => existsSync(path));

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

  it.skipIf(bash === undefined)(
    `completes in a bash that has no bash-completion${bash === undefined ? ': no bash found' : ''}`,
    async () => {
      await run(['completion', 'bash'], memoryTerminal());
      const folder = await mkdtemp(join(tmpdir(), 'latent-matte-completion-'));
      try {
        await writeFile(join(folder, 'completion.bash'), printed.join('\n'));
        // What answers in the place of this command: its words, and that no files are to follow.
        const answer = '#!/bin/sh\nprintf "%s\\n" "$*" --background --backgrounds :4\n';
        await writeFile(join(folder, 'latent-matte'), answer, { mode: 0o755 });
        const script = `source ./completion.bash
          compopt() { :; }
          COMP_WORDS=(latent-matte cut-out --ba) COMP_CWORD=2
          __latent_matte_complete
          printf '%s\n' "\${COMPREPLY[@]}"`;
        const { stdout, stderr } = await promisify(execFile)(
          bash!,
          ['--noprofile', '--norc', '-c', script],
          { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } },
        );
        expect({ stdout, stderr }).toEqual({ stdout: '--background\n--backgrounds\n', stderr: '' });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

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
