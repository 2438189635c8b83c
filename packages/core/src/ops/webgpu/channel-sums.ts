import * as tf from '@tensorflow/tfjs-core';
import type { KernelCorrection } from '../corrections/types';
import { runShader, type WebgpuBackend, widthFor } from './shader';

/** Name of the kernel of {@link channelSums}. */
export const CHANNEL_SUMS = 'LatentMatteChannelSums';

/** Threads that add up one channel, or four. */
const GROUP = 256;

/**
 * `[N, 1, 1, C]`: the sums of a map, or of the product or the sum of two, over its places, times `factor`, in one shader. `undefined`
 * where the backend has none.
 */
export function channelSums(
  maps: readonly [tf.Tensor4D] | readonly [tf.Tensor4D, tf.Tensor4D],
  factor: number,
  joined: 'product' | 'sum' = 'product',
): tf.Tensor4D | undefined {
  if (tf.getKernel(CHANNEL_SUMS, tf.getBackend()) === undefined) return undefined;
  const [a, b] = maps;
  const inputs: tf.NamedTensorMap = b === undefined ? { a } : { a, b };
  return tf.engine().runKernel<tf.Tensor4D>(CHANNEL_SUMS, inputs, { factor, joined });
}

export const channelSumsKernel: KernelCorrection = {
  kernelName: CHANNEL_SUMS,
  backendName: 'webgpu',
  replaces: false,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { factor, joined } = attrs as unknown as { factor: number; joined: 'product' | 'sum' };
    const { a, b } = inputs as { a: tf.TensorInfo; b?: tf.TensorInfo };
    const [n, height, wide, channels] = a.shape as [number, number, number, number];
    const width = widthFor(channels);
    return runShader(
      backend as unknown as WebgpuBackend,
      {
        key: `channelSums_${b === undefined ? 'one' : joined}`,
        reads: b === undefined ? ['a'] : ['a', 'b'],
        widths: b === undefined ? [width] : [width, width],
        width,
        integers: ['places', 'depth'],
        numbers: ['factor'],
        group: GROUP,
        groups: (n * channels) / width,
        before: `var<workgroup> parts : array<T, ${GROUP}>;`,
        body: `let at = index / ${GROUP};
        let thread = i32(localId.x);
        let start = (at / uniforms.depth) * uniforms.places * uniforms.depth + at % uniforms.depth;
        var sum = T(0.0);
        for (var p = thread; p < uniforms.places && at < uniforms.size; p += ${GROUP}) {
          let place = start + p * uniforms.depth;
          sum += a[place]${b === undefined ? '' : joined === 'sum' ? ' + b[place]' : ' * b[place]'};
        }
        parts[thread] = sum;
        workgroupBarrier();
        for (var half = ${GROUP / 2}; half > 0; half = half / 2) {
          if (thread < half) { parts[thread] += parts[thread + half]; }
          workgroupBarrier();
        }
        if (thread == 0 && at < uniforms.size) { result[at] = parts[0] * uniforms.factor; }`,
      },
      b === undefined ? [a] : [a, b],
      [n, 1, 1, channels],
      { places: height * wide, depth: channels / width, factor },
    );
  },
};
