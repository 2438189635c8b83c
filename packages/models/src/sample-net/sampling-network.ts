import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Layer, leakyRelu, type Maps, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** Side of the filter, stride, dilation and channels (in widths) of the layers from the picture to 1/4, and there. */
const CODE = [
  [5, 1, 1, 1],
  [3, 2, 1, 2],
  [3, 1, 1, 2],
  [3, 2, 1, 4],
  [3, 1, 1, 4],
  [3, 1, 1, 4],
  [3, 1, 2, 4],
  [3, 1, 4, 4],
  [3, 1, 8, 4],
  [3, 1, 16, 4],
  [3, 1, 1, 4],
  [3, 1, 1, 4],
] as const;

/** Channels of the layers at 1/2 and 1, before the colours. */
const HALF = [2, 2] as const;
const WHOLE = [1, 0.5] as const;

/**
 * Colours of one layer of a portrait where they cannot be seen: an inpainting network as the coarse one of Yu et al.
 * ("Generative image inpainting with contextual attention", CVPR 2018), whose dilated layers gather colours from far away.
 *
 * @param inputs channels of each map it is given
 * @param width channels of the first layer; 32 as published
 * @returns colours in (0, 1), `[N, H, W, 3]`, sides multiples of 4
 */
export function samplingNetwork(
  build: NetworkBuilder,
  name: string,
  inputs: readonly number[],
  width: number,
): (x: Maps) => FeatureMap {
  let count = 0;
  let before: number | readonly number[] = inputs;
  const layer = (kernel: number, stride: number, dilation: number, factor: number): Layer => {
    const outputs = Math.max(2, factor * width);
    const made = build.convolution(`${name}.${count++}`, {
      inputs: before,
      outputs,
      kernel,
      stride,
      dilation,
      activation: leakyRelu(0.2),
    });
    before = outputs;
    return made;
  };
  const code = CODE.map(([kernel, stride, dilation, factor]) =>
    layer(kernel, stride, dilation, factor),
  );
  const half = HALF.map((factor) => layer(3, 1, 1, factor));
  const whole = WHOLE.map((factor) => layer(3, 1, 1, factor));
  const last = build.convolution(`${name}.${count}`, { inputs: before, outputs: 3, kernel: 3 });
  const through = (layers: readonly Layer[], x: Maps) =>
    layers.reduce<Maps>((y, run) => run(y), x) as FeatureMap;
  return (x) => {
    const coded = through(code, x);
    const [, height, width] = coded.shape;
    const halves = through(half, resize(coded, [2 * height, 2 * width]));
    return tf.sigmoid(last(through(whole, resize(halves, [4 * height, 4 * width]))));
  };
}
