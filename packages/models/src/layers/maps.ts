import * as tf from '@tensorflow/tfjs-core';
import { relu6 } from './activations';
import type { Activation, Maps } from './layer-specs';

export function listOf(x: Maps): readonly (tf.Tensor4D | undefined)[] {
  return 'shape' in x ? [x] : x;
}

/** Applies a function of one map to each of several. */
export function eachMap(
  x: Maps,
  f: (map: tf.Tensor4D) => tf.Tensor4D,
): (tf.Tensor4D | undefined)[] {
  return listOf(x).map((map) => map && f(map));
}

export function activate(x: tf.Tensor4D, activation: Activation): tf.Tensor4D {
  if (activation === 'linear') return x;
  if (activation === 'relu') return tf.relu(x);
  return activation === 'relu6' ? relu6(x) : activation(x);
}

/** A network wired wrongly: an error in this package, not in what the user passed. */
export function assertChannels(
  name: string,
  maps: readonly (tf.Tensor4D | undefined)[],
  expected: readonly number[],
): void {
  const channels = maps.map((map, i) => map?.shape[3] ?? expected[i]);
  if (channels.length !== expected.length || channels.some((c, i) => c !== expected[i])) {
    throw new Error(`Layer "${name}" takes [${expected}] channels and was given [${channels}].`);
  }
}
