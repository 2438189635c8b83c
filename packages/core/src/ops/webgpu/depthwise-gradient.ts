import * as tf from '@tensorflow/tfjs-core';
import type { KernelCorrection } from '../corrections/types';
import type { Activation, Geometry } from '../linear-convolution';
import type { Size } from '../padding';
import { runShader, type WebgpuBackend, widthFor } from './shader';
import type { SlopeName } from './slopes-ahead';

/** Name of the kernel of {@link depthwiseGradient}. */
export const DEPTHWISE_GRADIENT = 'LatentMatteDepthwiseGradient';

interface Attributes {
  readonly size: Size;
  readonly geometry: Geometry;
  readonly activation: Activation;
  /** Of the activation that made what was convolved, to be taken along. */
  readonly ahead?: SlopeName | undefined;
}

/**
 * The input gradient of a depthwise convolution and of the activation behind it, at any stride, and of the one ahead of it
 * where `by` says what that was given, in one shader:
 *
 *     dx[i] = ψ′(b[i]) Σₖ f[k] dy[o] φ′(y[o]),  s·o = i + p − d·k
 *
 * `undefined` where the backend has none.
 *
 * @param y of the activation; absent where that is linear
 * @param filter `[kh, kw, C, 1]`
 */
export function depthwiseGradient(
  dy: tf.Tensor4D,
  y: tf.Tensor4D | undefined,
  filter: tf.Tensor4D,
  attributes: Attributes,
  by?: tf.Tensor4D,
): tf.Tensor4D | undefined {
  if (tf.getKernel(DEPTHWISE_GRADIENT, tf.getBackend()) === undefined) return undefined;
  const inputs: tf.NamedTensorMap = { dy, filter, ...(y && { y }), ...(by && { by }) };
  return tf
    .engine()
    .runKernel<tf.Tensor4D>(DEPTHWISE_GRADIENT, inputs, attributes as unknown as tf.NamedAttrMap);
}

export const depthwiseGradientKernel: KernelCorrection = {
  kernelName: DEPTHWISE_GRADIENT,
  backendName: 'webgpu',
  replaces: false,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { size, geometry, activation, ahead } = attrs as unknown as Attributes;
    const { dy, filter, y, by } = inputs as Record<'dy' | 'filter', tf.TensorInfo> & {
      y?: tf.TensorInfo;
      by?: tf.TensorInfo;
    };
    const maps = [...(y ? [y] : []), ...(by ? [by] : [])];
    const names = [...(y ? ['y'] : []), ...(by ? ['by'] : [])];
    const [n, outHeight, outWidth, channels] = dy.shape as [number, number, number, number];
    const [kernelHeight, kernelWidth] = filter.shape as [number, number];
    const { stride, dilation, borders } = geometry;
    const width = widthFor(channels);
    const slope = y === undefined ? '' : ` * ${slopeWgsl(activation, 'y[at]')}`;
    return runShader(
      backend as unknown as WebgpuBackend,
      {
        key: `depthwiseGradient_${activation}_${by ? ahead : 'none'}_${kernelHeight}x${kernelWidth}_${stride}_${dilation}`,
        reads: ['dy', 'filterTaps', ...names],
        widths: [width, width, ...maps.map(() => width)],
        width,
        integers: ['height', 'width', 'depth', 'outHeight', 'outWidth', 'top', 'left'],
        body: `if (index < uniforms.size) {
          let c = index % uniforms.depth;
          let place = index / uniforms.depth;
          let j = place % uniforms.width + uniforms.left;
          let line = place / uniforms.width;
          let i = line % uniforms.height + uniforms.top;
          let first = (line / uniforms.height) * uniforms.outHeight;
          var sum = T(0.0);
          for (var k = 0; k < ${kernelHeight}; k++) {
            let v = i - k * ${dilation};
            if (v < 0 || v % ${stride} != 0 || v / ${stride} >= uniforms.outHeight) { continue; }
            for (var l = 0; l < ${kernelWidth}; l++) {
              let u = j - l * ${dilation};
              if (u < 0 || u % ${stride} != 0 || u / ${stride} >= uniforms.outWidth) { continue; }
              let at = ((first + v / ${stride}) * uniforms.outWidth + u / ${stride}) * uniforms.depth + c;
              sum += filterTaps[(k * ${kernelWidth} + l) * uniforms.depth + c] * dy[at]${slope};
            }
          }
          result[index] = sum${by && ahead ? ` * ${slopeWgsl(ahead, 'by[index]')}` : ''};
        }`,
      },
      [dy, filter, ...maps],
      [n, size[0], size[1], channels],
      {
        height: size[0],
        width: size[1],
        depth: channels / width,
        outHeight,
        outWidth,
        top: borders[0],
        left: borders[2],
      },
    );
  },
};

/** The slope of an activation: by its value, 1 or 0, or of hard swish by what it was given. */
export function slopeWgsl(activation: Activation | SlopeName, y: string): string {
  if (activation === 'hardSwish') {
    const beyond = `clamp(sign(${y} - T(3.0)), T(0.0), T(1.0))`;
    return `select(${beyond}, ${y} * T(1.0 / 3.0) + T(0.5), abs(${y}) < T(3.0))`;
  }
  const rising = `select(T(0.0), T(1.0), ${y} > T(0.0))`;
  return activation === 'relu6' ? `(${rising} * select(T(0.0), T(1.0), ${y} < T(6.0)))` : rising;
}
