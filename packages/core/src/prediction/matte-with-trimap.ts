import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, MattingModel, RasterImage } from '../contracts';
import { frameTensor, imageAtSource } from '../imaging/image-letterbox';
import { frameFor } from '../imaging/letterbox';
import { assertMapOf, opaqueRgb, toFloatImage } from '../imaging/raster';
import { BACKGROUND_BELOW, FOREGROUND_ABOVE, trimapLevel } from '../imaging/trimap-levels';
import { assertAlpha, checkedAlpha } from './predict-matte';

/**
 * The matte of a matting model for a trimap that is known, at the size of the picture. Where the trimap is
 * certain, alpha is the trimap.
 *
 * @param image RGB. @param trimap one channel, the same size
 * @throws InvalidImageError a trimap of another size, or of several channels
 * @throws ModelOutputError wrong shape, or NaN
 */
export async function matteWithTrimap(
  model: MattingModel,
  image: RasterImage,
  trimap: RasterImage,
): Promise<FloatImage> {
  const box = frameFor([image.height, image.width], model.input);
  assertMapOf(image, trimap, 'trimap');
  const known = toFloatImage(trimap);
  const picture = frameTensor(opaqueRgb(toFloatImage(image)), box);
  const levels = frameTensor({ ...known, data: known.data.map(trimapLevel) }, box);
  const made: tf.Tensor[] = [picture, levels];
  try {
    const alpha = tf.tidy(() => checkedAlpha(model, picture, classes(levels)));
    made.push(alpha);
    await assertAlpha(model.name, alpha);
    const matte = await imageAtSource(alpha, box);
    if (!model.needsTrimap) return matte;
    return {
      ...matte,
      data: matte.data.map((value, i) => {
        const given = trimapLevel(known.data[i]);
        return given === 0.5 ? value : given;
      }),
    };
  } finally {
    tf.dispose(made);
  }
}

/** The same on a tensor: scaling mixes the classes at their borders. */
function classes(trimap: tf.Tensor4D): tf.Tensor4D {
  const background = tf.less(trimap, BACKGROUND_BELOW);
  const foreground = tf.greater(trimap, FOREGROUND_ABOVE);
  return tf.add(
    tf.mul(tf.cast(foreground, 'float32'), 0.5),
    tf.mul(tf.sub(1, tf.cast(background, 'float32')), 0.5),
  );
}
