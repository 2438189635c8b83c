import * as tf from '@tensorflow/tfjs-core';
import { pullBack } from '../ops/pull-back';

/** One piece of a network: pure, differentiable in its state and in the parameters it reads. */
export interface Segment {
  readonly name: string;
  /** State of this piece → state of the next. Nothing is kept but what it returns. */
  run(state: readonly tf.Tensor[], parameters: readonly tf.Tensor[]): readonly tf.Tensor[];
  /**
   * The same piece cut finer: used when its gradient is taken, at the price of running its forward pass once
   * more.
   */
  readonly segments?: readonly Segment[];
}

/** Gradients owned by the caller; `undefined` where no path leads. */
export interface SegmentGradients {
  /** With respect to the input of the first segment. */
  readonly state: (tf.Tensor | undefined)[];
  readonly parameters: (tf.Tensor | undefined)[];
}

/**
 * The forward pass: the input of every segment, and the result at the end. Owned by the caller, kept out of
 * scopes.
 *
 * ```ts
 * import { runSegments, type Segment } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const square: Segment = { name: 'square', run: ([x]) => [tf.square(x)] };
 * const states = runSegments([square, square], [tf.scalar(2)]);
 * console.log(states.map(([x]) => x.dataSync()[0])); // [2, 4, 16]
 * tf.dispose(states);
 * ```
 *
 * @param state input of the first segment; copied
 * @param parameters further inputs of every segment
 */
export function runSegments(
  segments: readonly Segment[],
  state: readonly tf.Tensor[],
  parameters: readonly tf.Tensor[] = [],
): tf.Tensor[][] {
  const states = [state.map((tensor) => tf.keep(tf.clone(tensor)))];
  try {
    for (const segment of segments) {
      const input = states[states.length - 1];
      const output = tf.tidy(() =>
        segment.run(input, parameters).map((tensor) => tf.clone(tensor)),
      );
      states.push(output.map((tensor) => tf.keep(tensor)));
    }
    return states;
  } catch (error) {
    tf.dispose(states);
    throw error;
  }
}

/**
 * A chain as one piece: between its forward pass and its gradient only its input is held, for one more forward
 * pass. For networks in a row, whose states need not be in memory at the same time.
 *
 * ```ts
 * import { nested, type Segment } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const square: Segment = { name: 'square', run: ([x]) => [tf.square(x)] };
 * const fourth = nested('fourth power', [square, square]);
 * const [y] = fourth.run([tf.scalar(2)], []);
 * console.log(await y.array()); // 16
 * ```
 */
export function nested(name: string, segments: readonly Segment[]): Segment {
  return {
    name,
    segments,
    run: (state, parameters) =>
      segments.reduce((before, segment) => {
        const after = tf.tidy(() =>
          segment.run(before, parameters).map((tensor) => tf.clone(tensor)),
        );
        if (before !== state) tf.dispose(before as tf.Tensor[]);
        return after;
      }, state),
  };
}

/**
 * The gradient, piece by piece, last one first: each piece runs again with a tape, and what it recorded is freed
 * before the piece before it runs. The peak is the states plus one piece, instead of the tape of the whole
 * network, for one more forward pass; the gradient is the same to the bit.
 *
 * ```ts
 * import { pullBackSegments, runSegments, type Segment } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const square: Segment = { name: 'square', run: ([x]) => [tf.square(x)] };
 * const segments = [square, square];
 * const states = runSegments(segments, [tf.scalar(2)]);
 * const { state } = pullBackSegments(segments, states, [], [tf.scalar(1)]);
 * console.log(await state[0]?.array()); // of x⁴: 4 · 2³ = 32
 * ```
 *
 * @param states of {@link runSegments}; every one is freed, also when a segment throws
 * @param cotangents one per tensor of the last state, `undefined` for zero; not disposed
 */
export function pullBackSegments(
  segments: readonly Segment[],
  states: readonly (readonly tf.Tensor[])[],
  parameters: readonly tf.Tensor[],
  cotangents: readonly (tf.Tensor | undefined)[],
): SegmentGradients {
  let gradients: SegmentGradients = {
    state: cotangents.map((cotangent) => cotangent && tf.keep(tf.clone(cotangent))),
    parameters: parameters.map(() => undefined),
  };
  try {
    tf.dispose(states[segments.length] as tf.Tensor[]);
    for (let i = segments.length - 1; i >= 0; i--) {
      const piece = differentiate(segments[i], states[i], parameters, gradients.state);
      tf.dispose([...states[i], ...present(gradients.state)]);
      gradients = {
        state: piece.state,
        parameters: accumulate(gradients.parameters, piece.parameters),
      };
    }
    return gradients;
  } catch (error) {
    tf.dispose([...states.flat(), ...present(gradients.state), ...present(gradients.parameters)]);
    throw error;
  }
}

function differentiate(
  segment: Segment,
  input: readonly tf.Tensor[],
  parameters: readonly tf.Tensor[],
  cotangents: readonly (tf.Tensor | undefined)[],
): SegmentGradients {
  if (segment.segments !== undefined) {
    const states = runSegments(segment.segments, input, parameters);
    return pullBackSegments(segment.segments, states, parameters, cotangents);
  }
  const gradients = pullBack(
    (all) => segment.run(all.slice(0, input.length), all.slice(input.length)),
    [...input, ...parameters],
    cotangents,
  ).map((gradient) => gradient && tf.keep(gradient));
  return {
    state: gradients.slice(0, input.length),
    parameters: gradients.slice(input.length),
  };
}

/** `a + b`, consuming both. The later segment's gradient stands first, as on a tape of the whole network. */
function accumulate(
  a: readonly (tf.Tensor | undefined)[],
  b: readonly (tf.Tensor | undefined)[],
): (tf.Tensor | undefined)[] {
  return a.map((x, i) => {
    const y = b[i];
    if (x === undefined || y === undefined) return x ?? y;
    const sum = tf.keep(tf.add(x, y));
    tf.dispose([x, y]);
    return sum;
  });
}

const present = (tensors: readonly (tf.Tensor | undefined)[]): tf.Tensor[] =>
  tensors.filter((tensor) => tensor !== undefined);
