import * as tf from '@tensorflow/tfjs-core';
import { elementwise, type Formula } from '../webgpu/elementwise';
import { processorKernels } from './processor-kernels';
import type { GradientCorrection, KernelCorrection } from './types';

/** Name of the kernel dy where x lies within two limits, and 0 elsewhere. */
const CLIP_SLOPE = 'LatentMatteClipSlope';

interface Limits {
  readonly clipValueMin: number;
  readonly clipValueMax: number;
}

export const clipSlopeKernels: readonly KernelCorrection[] = processorKernels({
  kernelName: CLIP_SLOPE,
  shape: ({ x }) => x.shape,
  compute({ x, dy }, attributes, dx) {
    const { clipValueMin, clipValueMax } = attributes as unknown as Limits;
    for (let i = 0; i < dx.length; i++) {
      dx[i] = x[i] >= clipValueMin && x[i] <= clipValueMax ? dy[i] : 0;
    }
  },
});

const SLOPE: Formula = {
  name: 'clipSlope',
  wgsl: 'select(T(0.0), a, (b >= T(uniforms.low)) & (b <= T(uniforms.high)))',
  numbers: ['low', 'high'],
};

/** By tfjs two comparisons, their conjunction, a map of zeros and a choice: each a pass over the whole map. */
export const clipGradient: GradientCorrection = {
  kernelName: tf.ClipByValue,
  correct: (stock) => (given, saved, attributes) => {
    const [dy, x] = [given as tf.Tensor, saved[0] as tf.Tensor];
    const { clipValueMin: low, clipValueMax: high } = attributes as unknown as Limits;
    if (tf.getKernel(CLIP_SLOPE, tf.getBackend()) !== undefined) {
      return { x: () => tf.engine().runKernel<tf.Tensor>(CLIP_SLOPE, { x, dy }, attributes) };
    }
    const dx = elementwise(SLOPE, [dy, x], { low, high });
    return dx === undefined ? stock(given, saved, attributes) : { x: () => dx };
  },
};
