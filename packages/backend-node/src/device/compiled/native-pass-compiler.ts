import {
  type CompiledGradient,
  type CompiledPass,
  gradientsOf,
  type PassCompiler,
  type PureFunction,
} from '@latent-matte/core/internal';
import * as tf from '@tensorflow/tfjs-core';
import { GraphSession } from './graph-session';
import { type KernelOutput, KernelTrace, NotOneGraph } from './kernel-trace';
import type { NativeKernels } from './native-kernels';
import type { Graph } from './saved-model';
import { splitAt } from './split-trace';

/**
 * Compiles passes for tfjs-node on a processor. There each operation is a call into TensorFlow that takes a tenth of a
 * millisecond, however little it computes, and a bias or an activation is an operation. A pass is run once while its
 * kernels are listened to; given all of them as one graph, TensorFlow draws operations into one and runs independent ones
 * at the same time. The first answer is compared with that of the kernels one by one.
 *
 * @param always see `PassCompiler`
 */
export const nativePassCompiler = (always: boolean): PassCompiler => ({
  always,
  pass: (run, inputs) => attempt((native) => compilePass(native, run, distinct(inputs))),
  gradient: (run, inputs, differentiable) =>
    attempt((native) => compileGradient(native, run, distinct(inputs), differentiable)),
});

/** TensorFlow refuses a graph, or computes something else with it. */
class GraphRefused extends Error {}

/** What does not compile is slower and answers the same, so that it is said and not thrown. */
function attempt<T>(compile: (native: NativeKernels) => T): T | undefined {
  const native = tf.backend() as unknown as NativeKernels;
  // The values of a GPU would be brought to the processor and back.
  if (native.isUsingGpuDevice) return undefined;
  try {
    return tf.tidy(() => compile(native) as T & tf.TensorContainer);
  } catch (error) {
    if (error instanceof NotOneGraph) return undefined;
    if (!(error instanceof GraphRefused)) throw error;
    console.warn(
      `latent-matte: TensorFlow does not run this network as one graph but kernel by kernel, which is slower (${error.message}).`,
    );
    return undefined;
  }
}

/** Two inputs that are one tensor now may be two another time: of the second a copy. */
function distinct(inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const seen = new Set<object>();
  return inputs.map((input) => {
    const isNew = !seen.has(input.dataId);
    seen.add(input.dataId);
    return isNew ? input : tf.tensor(input.dataSync(), input.shape, input.dtype);
  });
}

function compilePass(
  native: NativeKernels,
  run: PureFunction,
  inputs: readonly tf.Tensor[],
): CompiledPass {
  const trace = new KernelTrace(native);
  for (const input of inputs) trace.addInput(input);
  const answers = trace.record(() => run(inputs));
  const fetches = answers.map((answer) => madeBy(trace, answer));
  return opened(native, trace, fetches, inputs, answers).session;
}

function compileGradient(
  native: NativeKernels,
  run: PureFunction,
  inputs: readonly tf.Tensor[],
  differentiable: number,
): CompiledGradient {
  const trace = new KernelTrace(native);
  for (const input of inputs) trace.addInput(input);
  const fixed = inputs.slice(differentiable);
  const example: { value?: tf.Tensor; dy?: tf.Tensor } = {};
  let boundary = 0;
  // ∂/∂x of Σ dy · f(x) is what dy becomes on its way back.
  const weighed = (...moved: tf.Tensor[]): tf.Scalar => {
    const [answer, ...others] = run([...moved, ...fixed]);
    if (others.length > 0) throw new NotOneGraph('it has several results');
    example.value = tf.keep(tf.clone(answer));
    boundary = trace.kernels.length;
    example.dy = tf.keep(tf.ones(answer.shape));
    trace.addInput(example.dy);
    return tf.sum(tf.mul(answer, example.dy));
  };
  try {
    const slopes = trace.record(() => gradientsOf(weighed, inputs.slice(0, differentiable)));
    const { value, dy } = example as Required<typeof example>;
    const { ahead, back, saved } = splitAt(trace.kernels, boundary, inputs.length);
    const { constants } = trace;
    const given = trace.inputs.slice(0, inputs.length);
    const forward = opened(
      native,
      { inputs: given, constants, kernels: ahead },
      [madeBy(trace, value), ...saved.filter((source) => 'kernel' in source)],
      inputs,
      [value],
    );
    const savedBy = (made: readonly tf.Tensor[], inputs: readonly tf.Tensor[]): tf.Tensor[] => {
      const outputs = made.slice(1).values();
      return saved.map((source) =>
        'input' in source ? inputs[source.input] : (outputs.next().value as tf.Tensor),
      );
    };
    try {
      const savedTypes = saved.map((source) =>
        'input' in source ? given[source.input] : ahead[source.kernel].outputs[source.output],
      );
      const backward = opened(
        native,
        { inputs: [trace.inputs[inputs.length], ...savedTypes], constants, kernels: back },
        slopes.map((slope) => madeBy(trace, slope, boundary)),
        [dy, ...savedBy(forward.results, inputs)],
        slopes,
      );
      return {
        forward(inputs) {
          const results = forward.session.run(inputs);
          return { value: results[0], saved: savedBy(results, inputs) };
        },
        backward: (dy, saved) => backward.session.run([dy, ...saved]),
        dispose() {
          forward.session.dispose();
          backward.session.dispose();
        },
      };
    } catch (error) {
      forward.session.dispose();
      throw error;
    }
  } finally {
    tf.dispose([example.value, example.dy]);
  }
}

/**
 * @returns the kernel that made a tensor, counted from the boundary
 * @throws NotOneGraph none since the boundary did: it does not hang on what comes in
 */
function madeBy(trace: KernelTrace, tensor: tf.Tensor, boundary = 0): KernelOutput {
  const source = trace.sourceOf(tensor);
  if (source === undefined || !('kernel' in source) || source.kernel < boundary) {
    throw new NotOneGraph('a result is fixed');
  }
  return { kernel: source.kernel - boundary, output: source.output };
}

/** Of the largest value: what another order of sums may change. */
const TOLERANCE = 1e-3;

/**
 * A session, and what it makes of an example.
 *
 * @param expected what the kernels one by one made of it: the first results
 * @throws GraphRefused
 */
function opened(
  native: NativeKernels,
  graph: Graph,
  fetches: readonly KernelOutput[],
  example: readonly tf.Tensor[],
  expected: readonly tf.Tensor[],
): { readonly session: GraphSession; readonly results: tf.Tensor[] } {
  const session = refused(() => new GraphSession(native, graph, fetches));
  try {
    const results = refused(() => session.run(example));
    for (const [i, tensor] of expected.entries()) {
      const [difference, size] = [tf.sub(results[i], tensor), tensor].map(
        (each) => tf.max(tf.abs(tf.cast(each, 'float32'))).dataSync()[0],
      );
      // What is not finite kernel by kernel is the network's fault, and its caller says so.
      if (Number.isFinite(size) && !(difference <= TOLERANCE * size)) {
        throw new GraphRefused(`its answer differs by ${difference} of ${size}`);
      }
    }
    return { session, results };
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/** What TensorFlow throws is about the graph. */
function refused<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof NotOneGraph) throw cause;
    throw new GraphRefused(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
