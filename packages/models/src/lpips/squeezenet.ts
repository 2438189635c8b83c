import { maxPool } from '@latent-matte/core/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { eachMap, type Layer, type Maps, type NetworkBuilder } from '../layers';

/** Channels of a Fire module: 1×1 squeeze, then 1×1 and 3×3 side by side. */
const FIRES: readonly (readonly [index: number, squeeze: number, expand: number])[] = [
  [3, 16, 64],
  [4, 16, 64],
  [6, 32, 128],
  [7, 32, 128],
  [9, 48, 192],
  [10, 48, 192],
  [11, 64, 256],
  [12, 64, 256],
];

/** A 3×3 max-pool with stride 2, rounding up, stands before these modules. */
const POOLED = [3, 6, 9];
/** The modules whose outputs LPIPS compares; module 1 is the first ReLU. */
const TAPPED = [4, 7, 9, 10, 11, 12];

/** Channels of the seven features. */
export const FEATURE_CHANNELS: readonly (readonly number[])[] = [
  [64],
  ...FIRES.filter(([index]) => TAPPED.includes(index)).map(([, , expand]) => [expand, expand]),
];

type FeatureMaps = readonly tf.Tensor4D[];

/**
 * The convolutions of SqueezeNet 1.1 (torchvision's `squeezenet1_1`). The halves of a Fire module stay apart,
 * as two maps: nothing is ever concatenated.
 *
 * @returns normalised image → the features after modules 1, 4, 7, 9, 10, 11, 12
 */
export function squeezenet(build: NetworkBuilder): (x: tf.Tensor4D) => FeatureMaps[] {
  const stem = build.convolution('features.0', {
    inputs: 3,
    outputs: 64,
    kernel: 3,
    stride: 2,
    padding: 0,
    activation: 'relu',
  });
  let inputs: readonly number[] = [64];
  const fires = FIRES.map(([index, squeeze, expand]) => {
    const run = fire(build, `features.${index}`, inputs, squeeze, expand);
    inputs = [expand, expand];
    return { index, run };
  });
  return (x) => {
    const first = stem(x);
    const features: FeatureMaps[] = [[first]];
    let y: Maps = first;
    for (const { index, run } of fires) {
      if (POOLED.includes(index)) {
        y = eachMap(y, (map) => maxPool(map, { size: 3, stride: 2, ceilMode: true }));
      }
      const maps = run(y);
      if (TAPPED.includes(index)) features.push(maps);
      y = maps;
    }
    return features;
  };
}

function fire(
  build: NetworkBuilder,
  name: string,
  inputs: readonly number[],
  squeeze: number,
  expand: number,
): (x: Maps) => FeatureMaps {
  const convolution = (
    part: string,
    from: number | readonly number[],
    to: number,
    kernel: number,
  ) =>
    build.convolution(`${name}.${part}`, { inputs: from, outputs: to, kernel, activation: 'relu' });
  const reduce = convolution('squeeze', inputs, squeeze, 1);
  const expansions: readonly Layer[] = [
    convolution('expand1x1', squeeze, expand, 1),
    convolution('expand3x3', squeeze, expand, 3),
  ];
  return (x) => {
    const y = reduce(x);
    return expansions.map((layer) => layer(y));
  };
}
