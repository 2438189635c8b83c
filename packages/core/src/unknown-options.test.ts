import { describe, expect, it } from 'vitest';
import type { RasterImage } from './contracts';
import { InvalidOptionError } from './errors';
import { evaluateMatting } from './evaluate';
import { estimateForeground } from './foreground';
import { closedFormMatting, refineMatte } from './matting';
import { measureMatte } from './metrics';

const map = (value: (i: number) => number): RasterImage => ({
  width: 8,
  height: 8,
  channels: 1,
  data: Uint8Array.from({ length: 64 }, (_, i) => value(i)),
});
const photo: RasterImage = { width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(90) };
const alpha = map((i) => (i % 8) * 36);
const trimap = map((i) => (i % 8 < 2 ? 0 : i % 8 > 5 ? 255 : 128));
/** What somebody without TypeScript gives. */
const typo = (options: object) => options as never;

describe('an unknown option is refused, with the one that was meant, by', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'estimateForeground',
      () => estimateForeground(photo, alpha, typo({ metod: 'closed-form' })),
      /estimateForeground has no option "metod". Did you mean "method"/,
    ],
    [
      'the options of a method',
      () => estimateForeground(photo, alpha, { multiLevel: typo({ regularisation: 1 }) }),
      /multiLevel has no option "regularisation". Did you mean "regularization"/,
    ],
    [
      'refineMatte',
      () => refineMatte(photo, alpha, trimap, typo({ priorWeigt: 1 })),
      /Did you mean "priorWeight"/,
    ],
    [
      'closedFormMatting',
      () => closedFormMatting(photo, trimap, typo({ epsiln: 1 })),
      /Did you mean "epsilon"/,
    ],
    [
      'measureMatte',
      () => measureMatte(alpha, alpha, typo({ trimp: trimap })),
      /Did you mean "trimap"/,
    ],
    ['evaluateMatting', () => evaluateMatting([], typo({ regio: 'image' })), /"region"/],
  ])('%s', async (_, call, message) => {
    const failure = await (async () => call())().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(InvalidOptionError);
    expect((failure as Error).message).toMatch(message);
  });
});

it('estimateForeground names options of a method that is not used', async () => {
  const told: string[] = [];
  const onWarning = (message: string) => void told.push(message);
  const method = 'closed-form';
  await estimateForeground(photo, alpha, { method, closedForm: {}, blurFusion: {}, onWarning });
  expect(told).toEqual([
    "blurFusion was given, but nothing reads it: the method is 'closed-form'.",
  ]);
});
