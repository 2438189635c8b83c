import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCorrection } from '../corrections/types';
import { runShader, type WebgpuBackend } from './shader';

/** Name of the kernel s = σ(W₂ max(W₁ p + b₁, 0) + b₂). */
export const EXCITE = 'LatentMatteExcite';
/** Name of the kernel of its gradient with respect to p. */
export const EXCITE_GRADIENT = 'LatentMatteExciteGradient';

/** Channels between the two layers: they lie in the memory that threads share. */
export const MOST_INNER = 512;
const MOST_CHANNELS = 2048;
const GROUP = 64;

export const canExcite = (channels: number, inner: number): boolean =>
  channels <= MOST_CHANNELS && inner <= MOST_INNER;

/** hidden = max(W₁ p + b₁, 0) of one picture. */
const HIDDEN = `for (var h = thread; h < uniforms.inner; h += ${GROUP}) {
    var sum = b1[h];
    for (var c = 0; c < uniforms.channels; c++) { sum += p[first + c] * w1[c * uniforms.inner + h]; }
    hidden[h] = max(sum, 0.0);
  }
  workgroupBarrier();`;

const START = `let thread = i32(localId.x);
  let first = (index / ${GROUP}) * uniforms.channels;`;

const integers = ['channels', 'inner'];

/** Two layers of a few thousand weights each: one shader, a group of threads for each picture. */
export const excitationKernels: readonly KernelCorrection[] = [
  {
    kernelName: EXCITE,
    backendName: 'webgpu',
    replaces: false,
    kernelFunc: (({ inputs, backend }) => {
      const { p, w1, b1, w2, b2 } = inputs as Record<string, TensorInfo>;
      const [n, , , channels] = p!.shape as [number, number, number, number];
      return runShader(
        backend as unknown as WebgpuBackend,
        {
          key: 'excite',
          reads: ['p', 'w1', 'b1', 'w2', 'b2'],
          widths: [1, 1, 1, 1, 1],
          width: 1,
          integers,
          group: GROUP,
          groups: n,
          before: `var<workgroup> hidden : array<f32, ${MOST_INNER}>;`,
          body: `${START} ${HIDDEN}
            for (var c = thread; c < uniforms.channels; c += ${GROUP}) {
              var sum = b2[c];
              for (var h = 0; h < uniforms.inner; h++) { sum += hidden[h] * w2[h * uniforms.channels + c]; }
              result[first + c] = 1.0 / (1.0 + exp(-sum));
            }`,
        },
        [p!, w1!, b1!, w2!, b2!],
        p!.shape,
        { channels, inner: b1!.shape[0]! },
      );
    }) as KernelFunc,
  },
  {
    kernelName: EXCITE_GRADIENT,
    backendName: 'webgpu',
    replaces: false,
    kernelFunc: (({ inputs, attrs, backend }) => {
      const { ds, s, p, w1, b1, w2 } = inputs as Record<string, TensorInfo>;
      const [n, , , channels] = p!.shape as [number, number, number, number];
      return runShader(
        backend as unknown as WebgpuBackend,
        {
          key: 'exciteGradient',
          reads: ['ds', 's', 'p', 'w1', 'b1', 'w2'],
          widths: [1, 1, 1, 1, 1, 1],
          width: 1,
          integers,
          numbers: ['factor'],
          group: GROUP,
          groups: n,
          before: `var<workgroup> hidden : array<f32, ${MOST_INNER}>;
            var<workgroup> slopes : array<f32, ${MOST_CHANNELS}>;`,
          body: `${START} ${HIDDEN}
            for (var c = thread; c < uniforms.channels; c += ${GROUP}) {
              let value = s[first + c];
              slopes[c] = ds[first + c] * value * (1.0 - value);
            }
            workgroupBarrier();
            for (var h = thread; h < uniforms.inner; h += ${GROUP}) {
              var sum = 0.0;
              for (var c = 0; c < uniforms.channels; c++) { sum += slopes[c] * w2[h * uniforms.channels + c]; }
              hidden[h] = select(0.0, sum, hidden[h] > 0.0);
            }
            workgroupBarrier();
            for (var c = thread; c < uniforms.channels; c += ${GROUP}) {
              var sum = 0.0;
              for (var h = 0; h < uniforms.inner; h++) { sum += hidden[h] * w1[c * uniforms.inner + h]; }
              result[first + c] = sum * uniforms.factor;
            }`,
        },
        [ds!, s!, p!, w1!, b1!, w2!],
        p!.shape,
        { channels, inner: b1!.shape[0]!, factor: (attrs as unknown as { factor: number }).factor },
      );
    }) as KernelFunc,
  },
];
