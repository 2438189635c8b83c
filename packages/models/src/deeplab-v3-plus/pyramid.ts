import { adaptiveAveragePool } from '@latent-matte/core/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Layer, NetworkBuilder } from '../layers';

/** Dilations of the branches at output stride 16; that of 1 is a 1×1 convolution. */
const RATES = [1, 6, 12, 18] as const;

/**
 * Atrous spatial pyramid pooling (Chen et al. 2017, section 3.3) under jfzhang95's names: four dilated branches and
 * the mean of the picture, side by side, then a 1×1 convolution.
 *
 * @param outputs channels of each branch and of the result
 * @returns `[N, h, w, inputs]` → `[N, h, w, outputs]`
 */
export function pyramid(
  build: NetworkBuilder,
  inputs: number,
  outputs: number,
): (x: tf.Tensor4D) => tf.Tensor4D {
  const branches = RATES.map((dilation, i): Layer => {
    const name = `aspp.aspp${i + 1}`;
    return build.convolution(`${name}.atrous_conv`, {
      inputs,
      outputs,
      kernel: dilation === 1 ? 1 : 3,
      dilation,
      norm: { name: `${name}.bn` },
      activation: 'relu',
    });
  });
  const pooled = build.convolution('aspp.global_avg_pool.1', {
    inputs,
    outputs,
    kernel: 1,
    norm: { name: 'aspp.global_avg_pool.2' },
    activation: 'relu',
  });
  const project = build.convolution('aspp.conv1', {
    inputs: Array<number>(RATES.length + 1).fill(outputs),
    outputs,
    kernel: 1,
    norm: { name: 'aspp.bn1' },
    activation: 'relu',
  });
  return (x) => {
    // One pixel, which the published code spreads over the map: adding its share of the projection does the same.
    const mean = pooled(adaptiveAveragePool(x, [1, 1]));
    return project([...branches.map((branch) => branch(x)), mean]);
  };
}
