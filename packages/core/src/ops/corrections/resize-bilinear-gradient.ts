import { getBackend, ResizeBilinear, type Tensor4D } from '@tensorflow/tfjs-core';
import { type AxisMatrix, multiplyAxesAdjoint } from '../axis-matrices';
import { resizeMatrix } from '../resize-matrix';
import { resizeAdjointOnNative } from './native-resize-adjoint';
import type { GradientCorrection } from './types';

/**
 * No gradient kernel reads `halfPixelCenters`, so the gradient of such a resize is silently wrong everywhere; the
 * cpu kernel also swaps height and width of the other kinds, and throws unless the map is square.
 */
export const resizeBilinearGradient: GradientCorrection = {
  kernelName: ResizeBilinear,
  correct: (stock) => (dy, saved, attributes) => {
    const { alignCorners, halfPixelCenters } = attributes;
    const images = saved[0] as Tensor4D;
    const [, height, width] = images.shape;
    const broken = getBackend() === 'cpu' && height !== width;
    if (halfPixelCenters !== true && !broken) return stock(dy, saved, attributes);
    const corners = alignCorners === true;
    const legacy = halfPixelCenters !== true && !corners;
    const matrix: AxisMatrix = {
      name: legacy ? 'resize legacy' : `resize bilinear ${corners}`,
      of(from, to) {
        if (from === to) return undefined;
        return legacy ? legacyMatrix(from, to) : resizeMatrix(from, to, 'bilinear', corners);
      },
    };
    const back = dy as Tensor4D;
    const native = legacy ? undefined : resizeAdjointOnNative;
    return {
      images: () =>
        native?.(back, [height, width], corners) ??
        multiplyAxesAdjoint(back, [height, width], matrix),
    };
  },
};

/** TensorFlow 1's grid, sample i at i · from / to. */
function legacyMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const center = (i * from) / to;
    const low = Math.floor(center);
    matrix[i * from + low] += 1 - (center - low);
    matrix[i * from + Math.min(from - 1, low + 1)] += center - low;
  }
  return matrix;
}
