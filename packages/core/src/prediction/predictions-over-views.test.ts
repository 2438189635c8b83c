import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { MattingModel } from '../contracts';
import { trimapFromLogits } from '../imaging/trimap';
import { checkLeaks, mockMattingModel, mockTrimapModel } from '../testing';
import { distancesToTarget, targetOverViews } from './predictions-over-views';

const SIDE = 32;
const map = (value: (x: number) => number) =>
  tf.tensor4d(
    Float32Array.from({ length: SIDE * SIDE }, (_, i) => value(i % SIDE)),
    [1, SIDE, SIDE, 1],
  );
const classMap = (classes: (x: number) => readonly [number, number, number]) =>
  tf.tensor4d(Array.from({ length: SIDE * SIDE }, (_, i) => classes(i % SIDE)).flat(), [
    1,
    SIDE,
    SIDE,
    3,
  ]);
const left = (x: number) => x < SIDE / 4;

eachBackend(() => {
  /** Left quarter certainly background, the rest unknown; alpha should be 0.8 there. */
  const scene = (needsTrimap: boolean, alpha: number) =>
    tf.tidy(() => {
      const unknown = map((x) => (left(x) ? 0 : 1));
      const logits = () => classMap((x) => (left(x) ? [9, 0, 0] : [0, 9, 0]));
      const target = {
        alpha: map(() => 0.8),
        classes: tf.softmax(logits(), 3),
        region: unknown,
      };
      const trimap = { ...mockTrimapModel(), logits };
      const matting = { ...mockMattingModel({ needsTrimap }), alpha: () => map(() => alpha) };
      const image = tf.zeros([1, SIDE, SIDE, 3]) as tf.Tensor4D;
      const distance = (mask: tf.Tensor4D) => [
        ...distancesToTarget(trimap, matting, image, target, mask).dataSync(),
      ];
      return { whole: distance(map(() => 1)), right: distance(unknown) };
    });

  it('is the error over the region, and, of a model without trimap, over what is certain', () => {
    for (const view of [0, 1]) {
      // A third as many pixels are certain as are in the region.
      expect(scene(false, 0.8).whole[view]).toBeCloseTo(0.8 / 3, 5);
      expect(scene(false, 0.5).whole[view]).toBeCloseTo(0.3 + 0.5 / 3, 5);
      // Nothing is certain beside the content of the letterbox.
      expect(scene(false, 0.5).right[view]).toBeCloseTo(0.3, 5);
    }
  });

  it('is the error of the matte alone where the model needs a trimap', () => {
    for (const view of [0, 1]) {
      expect(scene(true, 0.8).whole[view]).toBeCloseTo(0, 5);
      expect(scene(true, 0.5).whole[view]).toBeCloseTo(0.3, 5);
    }
    expect(scene(true, 0.5).right).toEqual(scene(true, 0.5).whole);
  });

  it('asks once for matte and classes of a view, of models that are one network', () => {
    tf.tidy(() => {
      const trimap = mockTrimapModel();
      const reference = mockMattingModel({ needsTrimap: false });
      const asked = { logits: 0, alpha: 0, both: 0 };
      const countedTrimap = {
        ...trimap,
        logits: (image: tf.Tensor4D) => {
          asked.logits++;
          return trimap.logits(image);
        },
      };
      const counted: MattingModel = {
        ...reference,
        alpha: (input) => {
          asked.alpha++;
          return reference.alpha(input);
        },
        alphaAndLogits: (image) => {
          asked.both++;
          return { alpha: reference.alpha({ image }), logits: trimap.logits(image) };
        },
      };
      const image = tf.randomUniform([1, SIDE, SIDE, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
      const mask = map(() => 1);
      const apart = targetOverViews(trimap, reference, image, mask);
      const together = targetOverViews(countedTrimap, counted, image, mask);
      for (const name of ['alpha', 'classes', 'region'] as const) {
        expect(together[name].dataSync()).toEqual(apart[name].dataSync());
      }
      // The views of the matte, and no others.
      expect(asked).toEqual({ logits: 0, alpha: 0, both: 4 });
    });
  });

  it('asks for nothing that is known, and answers the same', () => {
    tf.tidy(() => {
      let calls = 0;
      const trimap = mockTrimapModel();
      const reference = mockMattingModel({ needsTrimap: true });
      const counted = {
        ...reference,
        alpha: (input: Parameters<typeof reference.alpha>[0]) => {
          calls++;
          return reference.alpha(input);
        },
      };
      const image = tf.randomUniform([1, SIDE, SIDE, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
      const mask = map(() => 1);
      const target = targetOverViews(trimap, reference, image, mask);
      const whole = [...distancesToTarget(trimap, counted, image, target, mask).dataSync()];
      expect(calls).toBe(2);
      for (const mirrored of [false, true]) {
        const turned = (x: tf.Tensor4D) => (mirrored ? tf.reverse(x, 2) : x);
        const logits = trimap.logits(turned(image));
        const alpha = reference.alpha({ image: turned(image), trimap: trimapFromLogits(logits) });
        const known = { mirrored, alpha: turned(alpha) };
        calls = 0;
        expect([
          ...distancesToTarget(trimap, counted, image, target, mask, known).dataSync(),
        ]).toEqual(whole);
        expect(calls).toBe(1);
      }
    });
  });

  it.each([
    ['the one window of a small portrait, which has been looked at', 32, 6],
    ['four windows of a larger one, and each mirrored', 64, 14],
  ])('asks the trimap model for %s', (_, min, expected) => {
    tf.tidy(() => {
      let calls = 0;
      const own = mockTrimapModel();
      const side = min === SIDE ? SIDE : 4 * SIDE;
      const trimap = {
        ...own,
        input: { ...own.input, min },
        logits: (image: tf.Tensor4D) => {
          calls++;
          return own.logits(image);
        },
      };
      const image = tf.randomUniform([1, side, side, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
      targetOverViews(
        trimap,
        mockMattingModel({ needsTrimap: true }),
        image,
        tf.ones([1, side, side, 1]),
      );
      expect(calls).toBe(expected);
    });
  });

  it('frees what it makes', async () => {
    expect(await checkLeaks(() => void scene(false, 0.5))).toEqual({ leaked: 0 });
  });
});
