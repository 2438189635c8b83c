import {
  Conv2D,
  DepthwiseConv2dNative,
  type GradFunc,
  getBackend,
  type NamedAttrMap,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { depthwiseInputGradient } from '../depthwise-convolution';
import { depthwiseFilterGradient, filterGradient } from '../filter-gradient';
import { correlateAdjoint, type Geometry } from '../linear-convolution';
import { geometryOfAttributes } from './geometry-of-attributes';
import { gatherFilter, spreadFilter } from './spread-filter';
import type { GradientCorrection } from './types';

/** Whose kernel for the input gradient is slower than its forward kernel, by a lot. */
const slowInputGradient = new Set(['wasm', 'webgpu']);

type InputGradient = (dy: Tensor4D, x: Tensor4D, filter: Tensor4D, g: Geometry) => Tensor4D;

/**
 * Takes the gradient of dilated convolutions, and on some backends the input gradient of all; leaves the rest to
 * the stock rule.
 */
function correction(
  kernelName: string,
  inputGradient: InputGradient,
  gradientOfFilter: typeof filterGradient,
): GradientCorrection {
  const depthwise = kernelName === DepthwiseConv2dNative;
  const correct =
    (stock: GradFunc): GradFunc =>
    (dy, saved: Tensor[], attributes: NamedAttrMap) => {
      const [x, filter] = saved as [Tensor4D, Tensor4D];
      const geometry = geometryOfAttributes(attributes, x.shape, filter.shape, depthwise);
      if (geometry === undefined) return stock(dy, saved, attributes);
      const slope = dy as Tensor4D;
      const { spread } = geometry;
      if (spread !== undefined) {
        const whole = spreadFilter(filter, spread);
        const size = [whole.shape[0], whole.shape[1]] as const;
        return {
          x: () => inputGradient(slope, x, whole, geometry),
          filter: () => gatherFilter(gradientOfFilter(x, slope, size, geometry), spread),
        };
      }
      const ours = {
        x: () => inputGradient(slope, x, filter, geometry),
        filter: () => gradientOfFilter(x, slope, [filter.shape[0], filter.shape[1]], geometry),
      };
      if (geometry.dilation > 1) return ours;
      const theirs = stock(dy, saved, attributes);
      return slowInputGradient.has(getBackend()) ? { ...theirs, x: ours.x } : theirs;
    };
  return { kernelName, correct };
}

export const convolutionGradient = correction(
  Conv2D,
  (dy, x, filter, geometry) => correlateAdjoint(dy, filter, [x.shape[1], x.shape[2]], geometry),
  filterGradient,
);

export const depthwiseGradient = correction(
  DepthwiseConv2dNative,
  (dy, x, filter, geometry) =>
    depthwiseInputGradient(dy, filter, [x.shape[1], x.shape[2]], geometry),
  depthwiseFilterGradient,
);
