import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from './native-backend';
import type { WrappedKernel } from './types';

/**
 * TensorFlow has no dilated depthwise kernel for the CPU, and tfjs-node hands the dilation on. A convolution of dilation d
 * is an undilated one of every d-th pixel: the pixels are dealt out to d² pictures, each is convolved, and they are put
 * back.
 */
export const nativeDilatedDepthwise: WrappedKernel = {
  kernelName: tf.DepthwiseConv2dNative,
  backendName: 'tensorflow',
  correct: (stock) => (parameters) => {
    const attributes = parameters.attrs as unknown as tf.DepthwiseConv2dNativeAttrs;
    const { strides, dilations = 1, pad, dimRoundingMode } = attributes;
    const blocks = Array.isArray(dilations) ? dilations : [dilations, dilations];
    if (blocks.every((block) => block === 1)) return stock(parameters);
    const { x, filter } = parameters.inputs as unknown as Record<'x' | 'filter', tf.TensorInfo>;
    const { padInfo } = tf.backend_util.computeConv2DInfo(
      x.shape as [number, number, number, number],
      filter.shape as [number, number, number, number],
      strides,
      dilations,
      pad,
      dimRoundingMode,
      true,
    );
    const backend = parameters.backend as NativeBackend;
    const run = (
      kernelName: string,
      inputs: tf.NamedTensorInfoMap,
      attrs: object,
    ): tf.TensorInfo => {
      const { kernelFunc } = tf.getKernel(kernelName, 'tensorflow')!;
      return kernelFunc({ inputs, attrs: attrs as tf.NamedAttrMap, backend }) as tf.TensorInfo;
    };
    const around = [
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
    ];
    const missing = around.map(([before, after], axis) => {
      const length = x.shape[axis + 1] + before + after;
      return (blocks[axis] - (length % blocks[axis])) % blocks[axis];
    });
    const dealt = run(
      tf.SpaceToBatchND,
      { x },
      {
        blockShape: blocks,
        paddings: around.map(([before, after], axis) => [before, after + missing[axis]]),
      },
    );
    const undilated = { strides: [1, 1], pad: 'valid', dilations: [1, 1] };
    const convolved = stock({
      ...parameters,
      inputs: { x: dealt, filter },
      attrs: undilated as unknown as tf.NamedAttrMap,
    }) as tf.TensorInfo;
    const result = run(
      tf.BatchToSpaceND,
      { x: convolved },
      {
        blockShape: blocks,
        crops: missing.map((extra) => [0, extra]),
      },
    );
    for (const spent of [dealt, convolved]) backend.disposeData(spent.dataId);
    return result;
  },
};
