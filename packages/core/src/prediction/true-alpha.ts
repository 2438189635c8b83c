import type * as tf from '@tensorflow/tfjs-core';
import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { frameTensor } from '../imaging/image-letterbox';
import { fitLetterbox } from '../imaging/letterbox';
import { toFloatImage } from '../imaging/raster';

/**
 * A known alpha in the frame of the losses, `[1, H, W, 1]`, owned by the caller.
 * @throws InvalidImageError unless it is a map of one channel
 */
export function trueAlphaTensor(
  alpha: RasterImage,
  frame: readonly [height: number, width: number],
): tf.Tensor4D {
  const map = toFloatImage(alpha);
  if (map.channels !== 1) {
    throw new InvalidImageError(
      `alphaForForeground has ${map.channels} channels.`,
      'Give one channel, 0 = background to 1 = foreground.',
    );
  }
  return frameTensor(map, fitLetterbox([map.height, map.width], frame));
}
