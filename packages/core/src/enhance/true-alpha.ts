import * as tf from '@tensorflow/tfjs-core';
import { InvalidImageError } from '../errors';
import { fitLetterbox, intoLetterbox } from '../imaging/letterbox';
import { toFloatImage } from '../imaging/raster';
import type { RasterImage } from '../spec';

/**
 * A known alpha in the frame of the losses, `[1, H, W, 1]`, owned by the caller.
 * @throws InvalidImageError unless it is a map of one channel
 */
export function trueAlphaTensor(
  alpha: RasterImage,
  frame: readonly [height: number, width: number],
): tf.Tensor4D {
  const { width, height, channels, data } = toFloatImage(alpha);
  if (channels !== 1) {
    throw new InvalidImageError(
      `alphaForForeground has ${channels} channels.`,
      'Give one channel, 0 = background to 1 = foreground.',
    );
  }
  const box = fitLetterbox([height, width], frame);
  return tf.tidy(() => {
    const map = tf.tensor4d(data, [1, height, width, 1]);
    return tf.clone(intoLetterbox(map, box));
  });
}
