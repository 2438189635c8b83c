import * as tf from '@tensorflow/tfjs-core';
import { assertFinite, checkedAlpha } from '../enhance/predict-matte';
import { frameFor, intoLetterbox, outOfLetterbox } from '../imaging/letterbox';
import { readTensor, rgbTensor, toFloatImage } from '../imaging/raster';
import type { FloatImage, MattingModel, RasterImage } from '../spec';

/**
 * The matte of a matting model for a trimap that is known, at the size of the picture. Where the trimap is
 * certain, alpha is the trimap.
 *
 * @param image RGB. @param trimap one channel, the same size
 * @throws ModelOutputError wrong shape, or NaN
 */
export async function matteWithTrimap(
  model: MattingModel,
  image: RasterImage,
  trimap: RasterImage,
): Promise<FloatImage> {
  const { width, height } = image;
  const result = tf.tidy(() => {
    const box = frameFor([height, width], model.input);
    const given = tf.tensor4d(toFloatImage(trimap).data, [1, height, width, 1]);
    const known = classes(given);
    const alpha = checkedAlpha(
      model,
      intoLetterbox(rgbTensor(image), box),
      classes(intoLetterbox(known, box)),
    );
    const matte = outOfLetterbox(alpha, box);
    return model.needsTrimap
      ? (tf.where(tf.equal(known, 0.5), matte, known) as tf.Tensor4D)
      : matte;
  });
  try {
    await assertFinite(model.name, 'alpha', result);
    return await readTensor(result);
  } finally {
    result.dispose();
  }
}

/** Any grey levels → exactly 0, 0.5 or 1: files hold 128, and scaling mixes the classes at their borders. */
function classes(trimap: tf.Tensor4D): tf.Tensor4D {
  const background = tf.less(trimap, 0.25);
  const foreground = tf.greater(trimap, 0.75);
  return tf.add(
    tf.mul(tf.cast(foreground, 'float32'), 0.5),
    tf.mul(tf.sub(1, tf.cast(background, 'float32')), 0.5),
  );
}
