import * as tf from '@tensorflow/tfjs-core';
import type { KernelCorrection } from '../corrections/types';
import type { Formula } from './elementwise';
import { runShader, type Uniforms, type WebgpuBackend } from './shader';

/** Name of the kernel of {@link sumOf}. */
export const SUM_OF = 'LatentMatteSumOf';

const LETTERS = 'abcdefgh';
/** Threads that add up. */
const GROUP = 256;

/**
 * The sum over all places of a formula of maps, times `factor`, in one shader. `undefined` where the backend has none. Has
 * no gradient of its own.
 *
 * @param inputs float32, the others of the shape of the first, or of one channel where that has several
 */
export function sumOf(
  formula: Formula,
  inputs: readonly [tf.Tensor, ...tf.Tensor[]],
  factor: number,
  uniforms: Uniforms = {},
): tf.Scalar | undefined {
  if (tf.getKernel(SUM_OF, tf.getBackend()) === undefined) return undefined;
  const named = Object.fromEntries(inputs.map((input, i) => [LETTERS[i], input]));
  const attributes = { formula, factor, uniforms } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel<tf.Scalar>(SUM_OF, named, attributes);
}

export const sumOfKernel: KernelCorrection = {
  kernelName: SUM_OF,
  backendName: 'webgpu',
  replaces: false,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { formula, factor, uniforms } = attrs as unknown as {
      formula: Formula;
      factor: number;
      uniforms: Uniforms;
    };
    const infos = Object.values(inputs) as tf.TensorInfo[];
    const count = tf.util.sizeFromShape(infos[0]!.shape);
    const isWhole = infos.map(({ shape }) => tf.util.sizeFromShape(shape) === count);
    const reads = infos.map((_, i) => `${LETTERS[i]}Values`);
    const values = reads.map(
      (name, i) => `let ${LETTERS[i]} = T(${name}[${isWhole[i] ? 'i' : 'i / uniforms.depth'}]);`,
    );
    return runShader(
      backend as unknown as WebgpuBackend,
      {
        key: `sumOf_${formula.name}_${isWhole.join('_')}`,
        reads,
        widths: reads.map(() => 1 as const),
        width: 1,
        integers: ['count', 'depth'],
        numbers: ['factor', ...(formula.numbers ?? [])],
        group: GROUP,
        groups: 1,
        before: `var<workgroup> parts : array<f32, ${GROUP}>;`,
        body: `let thread = i32(localId.x);
        var sum = 0.0;
        for (var i = thread; i < uniforms.count; i += ${GROUP}) {
          ${values.join(' ')}
          sum += ${formula.wgsl};
        }
        parts[thread] = sum;
        workgroupBarrier();
        for (var half = ${GROUP / 2}; half > 0; half = half / 2) {
          if (thread < half) { parts[thread] += parts[thread + half]; }
          workgroupBarrier();
        }
        if (thread == 0) { result[0] = parts[0] * uniforms.factor; }`,
      },
      infos,
      [],
      { ...uniforms, count, depth: infos[0]!.shape.at(-1) ?? 1, factor },
    );
  },
};
