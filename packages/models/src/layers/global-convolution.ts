import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from './feature-map';
import type { NetworkBuilder } from './network-builder';

/**
 * Global convolution (Peng et al., "Large kernel matters", CVPR 2017): a dense k×k filter of low rank, as the sum of a
 * column after a row and a row after a column. Weights `NAME.left.0`, `.left.1`, `.right.0`, `.right.1`.
 *
 * @param kernel k, odd
 */
export function globalConvolution(
  build: NetworkBuilder,
  name: string,
  { inputs, outputs, kernel }: { inputs: number; outputs: number; kernel: number },
): (x: FeatureMap) => FeatureMap {
  const branch = (side: string, sizes: readonly (readonly [number, number])[]) => {
    const [first, second] = sizes.map((size, i) =>
      build.convolution(`${name}.${side}.${i}`, {
        inputs: i === 0 ? inputs : outputs,
        outputs,
        kernel: size,
        bias: true,
      }),
    );
    return (x: FeatureMap) => second(first(x));
  };
  const [column, row] = [
    [kernel, 1],
    [1, kernel],
  ] as const;
  const left = branch('left', [column, row]);
  const right = branch('right', [row, column]);
  return (x) => tf.add(left(x), right(x));
}
