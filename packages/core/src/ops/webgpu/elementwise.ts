import * as tf from '@tensorflow/tfjs-core';
import type { KernelCorrection } from '../corrections/types';
import { runShader, type Uniforms, type WebgpuBackend, widthFor } from './shader';

/** Name of the kernel that computes a {@link Formula}. */
export const ELEMENTWISE = 'LatentMatteElementwise';

/** A function of values at one place, in WGSL, for numbers and vectors `T` alike. */
export interface Formula {
  readonly name: string;
  /** Inputs a, b, c … by their letters: of the shape of a, a single value, or one for each channel. */
  readonly wgsl: string;
  /** Numbers that change from call to call, `uniforms.NAME` in the formula. */
  readonly numbers?: readonly string[];
}

const LETTERS = 'abcdefgh';

export const hasElementwise = (): boolean =>
  tf.getKernel(ELEMENTWISE, tf.getBackend()) !== undefined;

/**
 * On a GPU one shader in place of several of tfjs's. `undefined` where the backend has none, and for inputs of other
 * shapes: the caller then does it by tfjs. Has no gradient of its own.
 *
 * @param inputs float32, the first as large as the result
 */
export function elementwise<T extends tf.Tensor>(
  formula: Formula,
  inputs: readonly [T, ...tf.Tensor[]],
  uniforms: Uniforms = {},
): T | undefined {
  if (!hasElementwise()) return undefined;
  if (!inputs.every(({ shape }) => fits(shape, inputs[0].shape))) return undefined;
  const named = Object.fromEntries(inputs.map((input, i) => [LETTERS[i], input]));
  const attributes = { formula, uniforms } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel<T>(ELEMENTWISE, named, attributes);
}

export const elementwiseKernel: KernelCorrection = {
  kernelName: ELEMENTWISE,
  backendName: 'webgpu',
  replaces: false,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { formula, uniforms } = attrs as unknown as { formula: Formula; uniforms: Uniforms };
    const infos = Object.values(inputs) as tf.TensorInfo[];
    const [first] = infos as [tf.TensorInfo];
    const size = tf.util.sizeFromShape(first.shape);
    const perChannel = infos.some((info) => placeOf(info.shape, first.shape) === 'channel');
    const width = widthFor(size, perChannel ? (first.shape.at(-1) ?? 1) : size);
    const places = infos.map((info) => placeOf(info.shape, first.shape));
    const reads = infos.map((_, i) => `${LETTERS[i]}Values`);
    const values = reads.map((name, i) => `let ${LETTERS[i]} = T(${name}[${PLACES[places[i]!]}]);`);
    return runShader(
      backend as unknown as WebgpuBackend,
      {
        key: `${formula.name}_${places.join('_')}`,
        reads,
        widths: places.map((place) => (place === 'single' ? 1 : width)),
        width,
        integers: ['depth'],
        numbers: formula.numbers ?? [],
        body: `if (index < uniforms.size) {
          ${values.join(' ')}
          result[index] = ${formula.wgsl};
        }`,
      },
      infos,
      first.shape,
      { ...uniforms, depth: (first.shape.at(-1) ?? 1) / width },
    );
  },
};

const PLACES = { same: 'index', single: '0', channel: 'index % uniforms.depth' } as const;

/** Where an input is read for a place of the result. */
function placeOf(shape: readonly number[], whole: readonly number[]): keyof typeof PLACES {
  const [own, all] = [tf.util.sizeFromShape([...shape]), tf.util.sizeFromShape([...whole])];
  if (own === all) return 'same';
  return own === 1 ? 'single' : 'channel';
}

/** Whether {@link elementwise} takes an input beside a first one of shape `whole`. */
function fits(shape: readonly number[], whole: readonly number[]): boolean {
  const own = tf.util.sizeFromShape([...shape]);
  if (own === 1) return true;
  if (tf.util.arraysEqual([...shape], [...whole])) return true;
  return own === whole.at(-1) && shape.at(-1) === own;
}
