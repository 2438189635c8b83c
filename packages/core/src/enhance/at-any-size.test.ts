import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { MattingInput, MattingModel } from '../contracts';
import { ModelOutputError } from '../errors';
import { mockMattingModel } from '../testing';
import { atAnySize } from './at-any-size';

eachBackend(() => {
  const input = { multipleOf: 32, min: 64, max: 96 };
  const seen: (number[] | undefined)[] = [];
  const watched = (more: Partial<MattingModel>): MattingModel => ({
    ...mockMattingModel({ needsTrimap: false }),
    ...more,
    input,
    alpha: ({ image, trimap }: MattingInput) => {
      seen.push(image.shape, trimap && [...new Set(trimap.dataSync())].sort());
      return tf.zeros([1, image.shape[1], image.shape[2], 1]);
    },
  });

  it('shows a model pictures of a size that it accepts, and the trimap to those that need or take one', () => {
    const image = tf.ones<tf.Rank.R4>([1, 50, 150, 3]);
    const columns = tf.reshape(tf.range(0, 150), [1, 1, 150, 1]);
    const trimap = tf.tile(tf.div(tf.floor(tf.div(columns, 50)), 2), [1, 50, 1, 1]) as tf.Tensor4D;
    for (const [more, wanted] of [
      [{}, undefined],
      [{ needsTrimap: true }, [0, 0.5, 1]],
      [{ takesTrimap: true }, [0, 0.5, 1]],
    ] as const) {
      seen.length = 0;
      const model = atAnySize(watched(more));
      expect(model.takesTrimap).toBe('takesTrimap' in more ? true : undefined);
      expect(model.alpha({ image, trimap }).shape).toEqual([1, 50, 150, 1]);
      expect(seen).toEqual([[1, 64, 96, 3], wanted]);
    }
  });

  it('refuses an answer of another size', () => {
    const wrong = atAnySize({ ...watched({}), alpha: () => tf.zeros([1, 8, 8, 1]) });
    expect(() => wrong.alpha({ image: tf.ones([1, 64, 64, 3]) })).toThrow(ModelOutputError);
  });
});
