import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient';
import { isolatedTape } from './isolated-tape';

/** Tensors in, tensors out: the same operations for the same shapes, whatever the values. Its results belong to the caller. */
export type PureFunction = (inputs: readonly tf.Tensor[]) => tf.Tensor[];

/** A pure function as one call to the device. */
export interface CompiledPass {
  /** @returns tensors owned by the caller */
  run(inputs: readonly tf.Tensor[]): tf.Tensor[];
  dispose(): void;
}

/** A pure function of one result and its gradient, each as one call to the device. */
export interface CompiledGradient {
  /** @returns tensors owned by the caller; `saved` is what {@link backward} reads */
  forward(inputs: readonly tf.Tensor[]): { readonly value: tf.Tensor; readonly saved: tf.Tensor[] };
  /** @returns one gradient per differentiable input, owned by the caller */
  backward(dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[];
  dispose(): void;
}

/** What makes one call of many operations, where a device can. Takes a second or two, once per function and shapes. */
export interface PassCompiler {
  /** All passes are worth it, not only those of {@link manyTimes}. */
  readonly always: boolean;
  /** @returns nothing where the function cannot be compiled */
  pass(run: PureFunction, inputs: readonly tf.Tensor[]): CompiledPass | undefined;
  /**
   * @param differentiable how many inputs, the first ones, have a gradient
   * @returns nothing where the function cannot be compiled
   */
  gradient(
    run: PureFunction,
    inputs: readonly tf.Tensor[],
    differentiable: number,
  ): CompiledGradient | undefined;
}

const compilers = new Map<string, PassCompiler>();
/** What is asked many times now. */
let asked: 'gradient' | 'value' | undefined;
let compiling = false;

/** Called by `useNodeBackend`; a later one replaces it. */
export function setPassCompiler(backendName: string, compiler: PassCompiler | undefined): void {
  if (compiler === undefined) compilers.delete(backendName);
  else compilers.set(backendName, compiler);
}

/**
 * What networks are asked within `f`, which is synchronous, they will be asked many times, of the same shapes: it is worth a
 * second of preparation. Whether it is may not hang on what was asked before: the last digits of a compiled pass differ.
 *
 * @param of what is asked for, mostly: their answer alone, or its gradient too
 */
export function manyTimes<T>(of: 'gradient' | 'value', f: () => T): T {
  const outer = asked;
  asked = of;
  try {
    return f();
  } finally {
    asked = outer;
  }
}

/** More are not kept: each holds the weights once more. */
const MOST_KEPT = 6;

/** The passes of one network, compiled where the backend in use can and it is worth it. */
export class NetworkPasses {
  /** By what was asked, last used last; `undefined`: cannot be compiled. */
  readonly #passes = new Map<string, CompiledPass | undefined>();
  readonly #gradients = new Map<string, CompiledGradient | undefined>();

  /**
   * `run` of the inputs and the constants, differentiable in the inputs.
   *
   * @param question names the function: the same name, the same function
   * @param run pure
   * @param inputs none where nobody takes a gradient
   * @param constants tensors that have no gradient
   */
  ask(
    question: string,
    run: PureFunction,
    inputs: readonly tf.Tensor[],
    constants: readonly tf.Tensor[] = [],
  ): tf.Tensor[] {
    const all = [...inputs, ...constants];
    const compiler = compilers.get(tf.getBackend());
    const isWorthIt = compiler?.always === true || asked !== undefined;
    if (compiler === undefined || compiling || !isWorthIt) return run(all);
    const key = `${question}|${all.map(({ dtype, shape }) => `${dtype} ${shape}`).join('|')}`;
    const { gradientDepth, kernelDepth } = tf.engine().state;
    const isRecorded = gradientDepth > 0 && kernelDepth === 0;
    if (inputs.length > 0 && (isRecorded || asked === 'gradient')) {
      // A gradient of a gradient is asked for: a compiled one has none.
      if (gradientDepth > 1) return run(all);
      const pair = compiled(this.#gradients, key, () => compiler.gradient(run, all, inputs.length));
      return pair === undefined ? run(all) : [differentiable(pair, inputs, constants)];
    }
    const pass = compiled(this.#passes, key, () => compiler.pass(run, all));
    return pass === undefined ? run(all) : pass.run(all);
  }

  /** Frees what was compiled; it can be asked again. */
  dispose(): void {
    for (const kept of [this.#passes, this.#gradients]) {
      for (const each of kept.values()) each?.dispose();
      kept.clear();
    }
  }
}

function compiled<T extends { dispose(): void }>(
  kept: Map<string, T | undefined>,
  key: string,
  make: () => T | undefined,
): T | undefined {
  const known = kept.has(key);
  const found = known ? kept.get(key) : withoutTape(make);
  // Anew, so that the first is the one that was not used for longest.
  kept.delete(key);
  kept.set(key, found);
  for (const [oldest, each] of kept) {
    if (kept.size <= MOST_KEPT) break;
    each?.dispose();
    kept.delete(oldest);
  }
  return found;
}

function withoutTape<T>(make: () => T): T {
  compiling = true;
  try {
    return isolatedTape(make);
  } finally {
    compiling = false;
  }
}

const differentiable = (
  pair: CompiledGradient,
  inputs: readonly tf.Tensor[],
  constants: readonly tf.Tensor[],
): tf.Tensor =>
  customGradient(
    inputs,
    (...given) => pair.forward([...given, ...constants]),
    (dy, saved) => pair.backward(dy, saved),
  );
