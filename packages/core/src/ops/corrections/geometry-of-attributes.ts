import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core';
import type { Geometry } from '../linear-convolution';

type Shape4D = [number, number, number, number];
type Rounding = 'floor' | 'round' | 'ceil' | undefined;

/** A convolution as ours compute it: with one dilation for both axes. */
export interface CoveredGeometry extends Geometry {
  /** Where those of the axes differ: the filter is that of `geometry` once it is spread by them. */
  readonly spread?: readonly [rows: number, columns: number];
}

/** What the attributes of a convolution kernel say, or undefined where our rules do not cover them. */
export function geometryOfAttributes(
  attributes: NamedAttrMap,
  inputShape: readonly number[],
  filterShape: readonly number[],
  depthwise: boolean,
): CoveredGeometry | undefined {
  const { strides, pad, dilations, dataFormat, dimRoundingMode } = attributes;
  if (dataFormat === 'NCHW') return undefined;
  const {
    strideHeight,
    strideWidth,
    dilationHeight,
    dilationWidth,
    padInfo: { top, bottom, left, right },
  } = backend_util.computeConv2DInfo(
    [...inputShape] as Shape4D,
    [...filterShape] as Shape4D,
    strides as number | [number, number],
    (dilations as number | [number, number] | undefined) ?? 1,
    pad as number | 'same' | 'valid',
    dimRoundingMode as Rounding,
    depthwise,
  );
  if (strideHeight !== strideWidth) return undefined;
  const borders = [top, bottom, left, right] as const;
  if (dilationHeight === dilationWidth) {
    return { stride: strideHeight, dilation: dilationHeight, borders };
  }
  return { stride: strideHeight, dilation: 1, borders, spread: [dilationHeight, dilationWidth] };
}
