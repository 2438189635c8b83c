import { describe, expect, it } from 'vitest';
import { fakeEnhancement, fakeSource, memoryTerminal } from '../testing/fake-enhancement';
import { createProgress, describeStep, formatSeconds } from './progress';

const { history } = fakeEnhancement(fakeSource(), 30);

describe('createProgress', () => {
  it('prints a line every five seconds without a terminal', () => {
    const terminal = memoryTerminal();
    const progress = createProgress(terminal, 'photo.jpg');
    progress.onPhase('load');
    for (const step of history) progress.onProgress(step);
    progress.stop();
    expect(terminal.outs).toEqual([]);
    expect(terminal.notes[0]).toBe('photo.jpg: loading the models');
    // Steps at 0, 5.2, 10.4 and 12 s.
    expect(terminal.notes.slice(1).map((line) => line.split(' ')[1])).toEqual([
      '0/30',
      '13/30',
      '26/30',
      '30/30',
    ]);
  });
});

describe('describeStep', () => {
  it('says ETA, losses and similarity', () => {
    expect(describeStep(history[10]!)).toBe(
      'ETA 8 s · entropy 0.0457 · consistency 0.000100 · agreement 0.0306 · 48.5 dB',
    );
    expect(describeStep(history[0]!)).not.toContain('dB');
  });
});

describe('formatSeconds', () => {
  it('is short', () => {
    expect([0.4, 59.6, 125, 3720].map(formatSeconds)).toEqual([
      '0 s',
      '1 min 00 s',
      '2 min 05 s',
      '1 h 02 min',
    ]);
  });
});
