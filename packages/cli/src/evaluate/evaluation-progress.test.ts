import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal/terminal';
import { fakeEnhancement, fakeSource, memoryTerminal } from '../testing/fake-enhancement';
import { createEvaluationProgress, printable } from './evaluation-progress';
import type { StateEntry } from './state-file';

const errors = { grad: 2, conn: 1, mse: 0.01, sad: 3 };
const plan = { variant: '', model: 'compact', options: {} };
const entry: StateEntry = {
  task: 't',
  files: '',
  row: {
    name: 'a',
    original: errors,
    enhanced: { ...errors, sad: 2.5 },
    psnr: 40,
    ssim: 1,
    seconds: 1,
    bestStep: 1,
  },
};
const failure: StateEntry = {
  task: 't',
  files: '',
  failure: { name: 'b', code: 'DATASET', message: 'b: too\u001b[31m odd.' },
};

describe('createEvaluationProgress', () => {
  it('prints a line per picture without a terminal', () => {
    const terminal = memoryTerminal();
    const progress = createEvaluationProgress(terminal);
    progress.start({ ...plan, variant: 'without-entropy' }, 2);
    progress.done(entry);
    progress.done(failure);
    progress.stop();
    expect(terminal.notes.map((line) => line.replace(/; .* to go/, ''))).toEqual([
      'compact · without-entropy 1/2 a: grad 2.000 → 2.000, sad 3.000 → 2.500',
      'compact · without-entropy 2/2 b: not measured: too\ufffd[31m odd.',
    ]);
  });

  it('draws one bar over all pictures on a terminal', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
    const bar = stream as unknown as NonNullable<Terminal['bar']>;
    const terminal = memoryTerminal();
    const progress = createEvaluationProgress({ ...terminal, bar });
    progress.start(plan, 2);
    const { history } = fakeEnhancement(fakeSource());
    progress.picture('a').onProgress?.(history[3]!);
    progress.done(entry);
    progress.stop();
    progress.stop();
    const drawn = String(stream.read());
    expect(drawn).toContain('0/2');
    expect(drawn).toContain('1/2');
    expect(terminal.notes).toEqual([]);
  });

  it('draws nothing when there is nothing to do', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
    const bar = stream as unknown as NonNullable<Terminal['bar']>;
    const progress = createEvaluationProgress({ ...memoryTerminal(), bar });
    progress.start(plan, 0);
    progress.stop();
    expect(stream.read()).toBeNull();
  });
});

it('printable keeps letters and takes out control sequences', () => {
  expect(printable('ä 写\u0007\u009b[2J')).toBe('ä 写\ufffd\ufffd[2J');
});
