import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../ops/stop-gradient';
import { BACKGROUND_BELOW, FOREGROUND_ABOVE } from './trimap-levels';

/** A trimap as three constant maps `[N, H, W, 1]` of zeros and ones. */
export interface TrimapClasses {
  readonly background: tf.Tensor4D;
  readonly unknown: tf.Tensor4D;
  readonly foreground: tf.Tensor4D;
}

/**
 * The classes of a trimap with any grey levels.
 *
 * ```ts
 * import { trimapClasses } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { unknown } = trimapClasses(tf.tensor4d([0.1, 0.5, 0.9], [1, 1, 3, 1]));
 * console.log(await unknown.data()); // [0, 1, 0]
 * ```
 *
 * @param trimap `[N, H, W, 1]` in [0, 1]
 */
export function trimapClasses(trimap: tf.Tensor4D): TrimapClasses {
  return stopGradient(() => {
    const background = tf.cast(tf.less(trimap, BACKGROUND_BELOW), 'float32') as tf.Tensor4D;
    const foreground = tf.cast(tf.greater(trimap, FOREGROUND_ABOVE), 'float32') as tf.Tensor4D;
    const unknown = tf.sub<tf.Tensor4D>(1, tf.add(background, foreground));
    return { background, unknown, foreground };
  });
}

/**
 * Alpha where the trimap is unknown, the trimap elsewhere: a loss of the result has a gradient with respect to alpha in
 * the unknown region only. Values are not clipped.
 *
 * ```ts
 * import { overwriteKnown, trimapClasses } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const classes = trimapClasses(tf.tensor4d([0, 0.5, 1], [1, 1, 3, 1]));
 * const alpha = tf.tensor4d([0.25, 0.25, 0.25], [1, 1, 3, 1]);
 * console.log(await overwriteKnown(alpha, classes).data()); // [0, 0.25, 1]
 * ```
 *
 * @param alpha `[N, H, W, 1]`
 */
export function overwriteKnown(
  alpha: tf.Tensor4D,
  { unknown, foreground }: Pick<TrimapClasses, 'unknown' | 'foreground'>,
): tf.Tensor4D {
  return tf.add(tf.mul(alpha, unknown), foreground);
}
