import type { FloatImage, MattingModel } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';

/** A picture turned by quarters. */
export function turnedClockwise(picture: FloatImage, quarters: number): FloatImage {
  if (quarters === 0) return picture;
  const { width, height, channels, data } = picture;
  const turned = new Float32Array(data.length);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const from = ((height - 1 - x) * width + y) * channels;
      turned.set(data.subarray(from, from + channels), (y * height + x) * channels);
    }
  }
  return turnedClockwise({ width: height, height: width, channels, data: turned }, quarters - 1);
}

/**
 * A model that answers "perhaps" everywhere but where a person of `mockPortrait` stands: their body is brighter than what is
 * above the head.
 *
 * @param edges told, for every look with a trimap, whether the person stood in it
 */
export const knowsOnlyUpright = (model: MattingModel, edges: boolean[] = []): MattingModel => ({
  ...model,
  takesTrimap: true,
  alpha: ({ image, trimap }) =>
    tf.tidy(() => {
      const [, height, width] = image.shape;
      const rows = Math.floor(height / 8);
      const mean = (top: number) => tf.mean(tf.slice(image, [0, top], [1, rows]));
      const upright = tf.greater(tf.sub(mean(height - rows), mean(0)), 0.1);
      if (trimap) edges.push(upright.dataSync()[0] === 1);
      const found = model.alpha({ image });
      return tf.where(upright, found, tf.fill([1, height, width, 1], 0.5)) as tf.Tensor4D;
    }),
});
