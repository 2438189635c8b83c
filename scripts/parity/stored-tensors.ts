import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from './fixture';
import { type Measurement, storedTensorError } from './measurement';
import { scoped } from './scoped';

type Shape4 = readonly [number, number, number, number];

/** PyTorch's channel order to tfjs's. */
export const toNhwc = (values: Float32Array, shape: Shape4): tf.Tensor4D =>
  tf.tidy(() => tf.transpose(tf.tensor4d(values, [...shape]), [0, 2, 3, 1]));

/** And back. */
export const toNchw = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 3, 1, 2]);

/** The structured image of a key, `[1, H, W, channels]`. */
export function structuredImage(
  fixture: Fixture,
  key: string,
  [height, width]: readonly number[],
  scale?: number,
  offset?: number,
  channels = 3,
): tf.Tensor4D {
  const shape: Shape4 = [1, channels, height!, width!];
  return toNhwc(fixture.image(key, shape, scale, offset), shape);
}

/** [0, 1] of the interfaces → [−1, 1] of the networks. */
export const toSigned = (image: tf.Tensor4D): tf.Tensor4D => tf.sub(tf.mul(image, 2), 1);
/** And back. */
export const toUnit = (image: tf.Tensor4D): tf.Tensor4D => tf.mul(tf.add(image, 1), 0.5);

/** The random weights of a sum over an output, `[1, H, W, C]`: hashed in PyTorch's order. */
export function outputWeights(fixture: Fixture, key: string, output: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = output.shape;
  return toNhwc(fixture.hash(key, output.size), [batch, channels, height, width]);
}

/** Compares an NHWC map with the subsample that is stored of it. */
export function storedMap(
  fixture: Fixture,
  name: string,
  found: tf.Tensor4D,
  { scale = 1 }: { scale?: number } = {},
): Promise<Measurement> {
  const { full_shape, slice } = fixture.info(name);
  return scoped(() => {
    const planes = tf.mul(toNchw(found), scale);
    if (planes.shape.join() !== full_shape.join()) {
      throw new Error(`${name} has shape [${planes.shape}], the reference [${full_shape}].`);
    }
    return storedTensorError(
      fixture,
      name,
      slice === undefined ? planes : subsample(planes, slice),
    );
  });
}

/** NumPy's `[:,::4,0::8,::8]`. */
function subsample(x: tf.Tensor, slice: string): tf.Tensor {
  const strides = slice
    .replace(/[[\]\s]/g, '')
    .split(',')
    .map((axis) => {
      const match = /^(?::|0?::(\d+))$/.exec(axis);
      if (match === null) throw new Error(`Cannot read the slice ${slice}.`);
      return Number(match[1] ?? 1);
    });
  return tf.stridedSlice(
    x,
    x.shape.map(() => 0),
    x.shape,
    strides,
  );
}
