import type { Random } from '@latent-matte/core';
import { BASE_SIDE, ENCODER_CHANNELS, encoderShapes } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { Faces } from './faces';
import { principalComponents } from './principal-components';
import type { Values, Variables } from './synthesis';

/**
 * Fresh weights of the encoder. Its linear part is fixed by the data: principal components of the faces at 32², half
 * whitened, so that codes are spread with mean power 1 from the first step on. The offsets start at 0.
 */
export function initialEncoder(
  faces: Faces,
  random: Random,
  { rows, styleSize }: { rows: number; styleSize: number },
): Values {
  const values: Values = {};
  for (const [name, shape] of Object.entries(encoderShapes(rows, styleSize))) {
    const size = shape.reduce((a, b) => a * b, 1);
    const zero = name.endsWith('bias') || name.startsWith('dense.1') || name.startsWith('base');
    values[name] = zero ? new Float32Array(size) : random.fork(name).normals(size);
  }
  const all = Array.from({ length: 2 * faces.count }, (_, i) => i);
  const images = faces.batch(all, BASE_SIDE);
  const flat = tf.reshape(images, [all.length, -1]) as tf.Tensor2D;
  const { mean, vectors, variances } = principalComponents(flat, styleSize);
  tf.dispose([images, flat]);
  const weight = values['base.weight'];
  const bias = values['base.bias'];
  // Half-way to white: what matters most stays largest and is learnt first, yet the last components count.
  const spreads = Array.from(variances, (variance) => variance ** 0.25);
  const power = spreads.reduce((sum, spread) => sum + spread ** 2, 0) / styleSize;
  for (let i = 0; i < mean.length; i++) {
    for (let k = 0; k < styleSize; k++) {
      const factor = vectors[i * styleSize + k] / (spreads[k] * Math.sqrt(power));
      weight[i * styleSize + k] = factor;
      bias[k] -= mean[i] * factor;
    }
  }
  return values;
}

/** @returns the code shared by all layers, `[N, styleSize]` */
export function baseCode(variables: Variables, small: tf.Tensor4D): tf.Tensor2D {
  const flat = tf.reshape(small, [small.shape[0], -1]);
  const weight = variables['base.weight'] as unknown as tf.Tensor2D;
  return tf.add(tf.matMul(flat as tf.Tensor2D, weight), variables['base.bias']);
}

/** @returns what each layer's code differs from the shared one, `[N, rows, styleSize]` */
export function codeOffsets(variables: Variables, image: tf.Tensor4D, rows: number): tf.Tensor3D {
  const v = (name: string) => variables[name] as unknown as tf.Tensor;
  const n = image.shape[0];
  let x = image;
  ENCODER_CHANNELS.forEach((_, i) => {
    const filter = v(`convs.${i}.weight`) as tf.Tensor4D;
    const scaled = tf.mul(filter, 1 / Math.sqrt(9 * x.shape[3])) as tf.Tensor4D;
    const y = tf.add(tf.conv2d(x, scaled, 2, 'same'), v(`convs.${i}.bias`));
    x = tf.leakyRelu(tf.mul(y, Math.SQRT2), 0.2) as tf.Tensor4D;
  });
  let flat = tf.reshape(x, [n, -1]) as tf.Tensor2D;
  for (const name of ['dense.0', 'dense.1']) {
    const weight = tf.mul(v(`${name}.weight`), 1 / Math.sqrt(flat.shape[1])) as tf.Tensor2D;
    const y = tf.add(tf.matMul(flat, weight), v(`${name}.bias`)) as tf.Tensor2D;
    flat = name === 'dense.0' ? tf.leakyRelu(tf.mul(y, Math.SQRT2) as tf.Tensor2D, 0.2) : y;
  }
  return tf.reshape(flat, [n, rows, -1]);
}
