import * as tf from '@tensorflow/tfjs-core';
import { atSize, smooth } from './edge-band';

/** All colours, or lightness alone. */
export type LayerDirection = 'colour' | 'lightness';

interface Layers {
  readonly foreground: tf.Tensor4D;
  readonly background: tf.Tensor4D;
}

/** Over which the colours of a layer are local, pixels of a portrait of 512. */
const NEIGHBOURHOOD = 16;
/** Below this difference of the layers' colours the direction fades, instead of turning with the noise. */
const LEAST_DIFFERENCE = 0.02;
/** Rec. 601, as the networks' pictures are sRGB. */
const LIGHTNESS = [0.299, 0.587, 0.114];

/**
 * The direction in which the foreground moves away from the background,
 *
 *     d / (|d| + ε),   d = blur(F) − blur(B),
 *
 * each blur over the band along the edge, where the layers are known best. The background moves the other way.
 *
 * @param band `[1, H, W, 1]`, how much each pixel counts
 * @returns `[1, H, W, 3]`, of length below 1
 */
export function pushApart(
  { foreground, background }: Layers,
  band: tf.Tensor4D,
  direction: LayerDirection,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = foreground.shape;
    const radius = atSize(NEIGHBOURHOOD, height, width);
    const weight = tf.add(band, 1e-3) as tf.Tensor4D;
    const weighted = tf.mul(tf.sub(foreground, background), weight) as tf.Tensor4D;
    const difference = tf.div(smooth(weighted, radius), smooth(weight, radius)) as tf.Tensor4D;
    const along =
      direction === 'colour'
        ? difference
        : (tf.mul(lightness(difference), [1, 1, 1]) as tf.Tensor4D);
    const length = tf.sqrt(tf.sum(tf.square(along), 3, true));
    return tf.div(along, tf.add(length, LEAST_DIFFERENCE)) as tf.Tensor4D;
  });
}

function lightness(colors: tf.Tensor4D): tf.Tensor4D {
  return tf.sum(tf.mul(colors, LIGHTNESS), 3, true) as tf.Tensor4D;
}
