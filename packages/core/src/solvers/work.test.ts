import { describe, expect, it } from 'vitest';
import { AbortedError } from '../errors';
import { asPart, finish, finishInSlices, inPieces, type Work } from './work';

/** Takes longer than a slice. */
function* slow(): Work<string> {
  const end = performance.now() + 60;
  while (performance.now() < end) yield 0.5;
  yield 0.25;
  return 'done';
}

describe('work', () => {
  it('names the operation that was cancelled', async () => {
    const signal = AbortSignal.abort();
    const stopped = finishInSlices(slow(), { operation: 'Matte refinement', signal });
    await expect(stopped).rejects.toBeInstanceOf(AbortedError);
    await expect(stopped).rejects.toThrow('Matte refinement was cancelled.');
    await expect(finishInSlices(slow(), { signal })).rejects.toThrow(
      'The computation was cancelled.',
    );
  });

  it('hears a signal between two pieces, and never tells of less than before', async () => {
    const controller = new AbortController();
    const shares: number[] = [];
    const stopped = finishInSlices(slow(), {
      signal: controller.signal,
      onProgress: (share) => {
        shares.push(share);
        controller.abort();
      },
    });
    await expect(stopped).rejects.toBeInstanceOf(AbortedError);
    expect(shares).toEqual([0.5]);
    const whole: number[] = [];
    expect(await finishInSlices(slow(), { onProgress: (share) => whole.push(share) })).toBe('done');
    expect(whole).toEqual([...whole].sort((a, b) => a - b));
    expect(whole.at(-1)).toBe(1);
  });

  it('becomes a part of other work', () => {
    const visited: number[][] = [];
    const work = inPieces(5, 2, (from, to) => visited.push([from, to]));
    expect([...asPart(work, 0.5, 1)]).toEqual([0.7, 0.9, 1]);
    expect(visited).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ]);
    expect(finish(slow())).toBe('done');
  });
});
