import * as tf from '@tensorflow/tfjs-core';
import type { OnnxNode, OnnxTensor } from './onnx-model';
import { isAbsent, known, number, type Operator, string, type Tools, weight } from './operator';
import { unsupported } from './unsupported';
import { ofTensor, planar, shapeOf, type Value } from './value';

/** Every step is a part of the network: what it makes stays until the answer is there. */
const MOST_STEPS = 1024;

type Activation = (x: tf.Tensor) => tf.Tensor;
const activations: Readonly<Record<string, Activation>> = {
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  relu: tf.relu,
};

/** What is carried from step to step, `[N, H]` each; the first of them is the answer of the step. */
type State = readonly tf.Tensor2D[];

/** One direction of a layer, its weights turned so that rows stand on their left. */
interface Weights {
  /** `[H, gates · H]` */
  readonly recurrent: tf.Tensor2D;
  /** `[gates · H]` */
  readonly recurrentBias: tf.Tensor1D;
  readonly activations: readonly Activation[];
}

interface Cell {
  readonly gates: number;
  readonly states: number;
  /** Names of the activations, as ONNX has them. */
  readonly activations: readonly string[];
  /** @param input `x Wᵀ + Wb`, `[N, gates · H]` */
  step(input: tf.Tensor2D, state: State, weights: Weights, node: OnnxNode): State;
}

/** h' = f(x Wᵀ + h Rᵀ + b) */
const plain: Cell = {
  gates: 1,
  states: 1,
  activations: ['tanh'],
  step: (input, [h], { recurrent, recurrentBias, activations: [f] }) => [
    f(tf.add(tf.add(input, tf.matMul(h, recurrent)), recurrentBias)) as tf.Tensor2D,
  ],
};

/**
 *     z, r = f(x Wᵀ + h Rᵀ + b)
 *     c    = g(x Wᵀ + r ⊙ (h Rᵀ + Rb) + Wb), or g(x Wᵀ + (r ⊙ h) Rᵀ + b) without `linear_before_reset`
 *     h'   = (1 − z) ⊙ c + z ⊙ h
 */
const gru: Cell = {
  gates: 3,
  states: 1,
  activations: ['sigmoid', 'tanh'],
  step(input, [h], { recurrent, recurrentBias, activations: [f, g] }, node) {
    const size = h.shape[1];
    const columns = (x: tf.Tensor2D, from: number, gates: number) =>
      tf.slice(x, [0, from * size], [-1, gates * size]);
    const two = tf.matMul(h, columns(recurrent, 0, 2));
    const open = f(
      tf.add(tf.add(columns(input, 0, 2), two), tf.slice(recurrentBias, 0, 2 * size)),
    ) as tf.Tensor2D;
    const [z, r] = [columns(open, 0, 1), columns(open, 1, 1)];
    const last = columns(recurrent, 2, 1);
    const bias = tf.slice(recurrentBias, 2 * size, size);
    const remembered =
      number(node, 'linear_before_reset', 0) === 0
        ? tf.add(tf.matMul(tf.mul(r, h) as tf.Tensor2D, last), bias)
        : tf.mul(r, tf.add(tf.matMul(h, last), bias));
    const candidate = g(tf.add(columns(input, 2, 1), remembered));
    return [tf.add(candidate, tf.mul(z, tf.sub(h, candidate)))];
  },
};

/**
 *     i, o, f = f(x Wᵀ + h Rᵀ + b), k = g(x Wᵀ + h Rᵀ + b)
 *     c' = f ⊙ c + i ⊙ k,  h' = o ⊙ h(c')
 */
const lstm: Cell = {
  gates: 4,
  states: 2,
  activations: ['sigmoid', 'tanh', 'tanh'],
  step(input, [h, c], { recurrent, recurrentBias, activations: [f, g, out] }) {
    const sum = tf.add(tf.add(input, tf.matMul(h, recurrent)), recurrentBias);
    const [i, o, forget, k] = tf.split(sum, 4, 1);
    const next = tf.add(tf.mul(f(forget), c), tf.mul(f(i), g(k)));
    return [tf.mul(f(o), out(next)), next] as tf.Tensor2D[];
  },
};

/** A layer over `[T, N, I]`, in one direction or both, written out step by step. */
const recurrent =
  (cell: Cell): Operator =>
  (node, tools) => {
    const direction = string(node, 'direction', 'forward');
    const directions = direction === 'bidirectional' ? 2 : 1;
    refuseVariants(node, cell);
    const functions = activationsOf(node, cell, directions);
    const layers = Array.from({ length: directions }, (_, d) => layerOf(node, tools, cell, d));
    const { size } = layers[0];
    return ([x, , , , lengths, ...starts]) => {
      const [steps, batch, width] = shapeOf(x);
      if (!(steps <= MOST_STEPS)) {
        unsupported(node, `takes ${steps} steps; ${MOST_STEPS} are the limit`);
      }
      if (!isAbsent(lengths) && known(node, lengths, 'lengths').some((length) => length !== steps))
        unsupported(node, 'has sequences of several lengths');
      tools.room.bounded(node, [steps, batch, cell.gates * size * directions]);
      const rows = tf.reshape(planar(x), [-1, width]) as tf.Tensor2D;
      const ends: State[] = [];
      const answers = layers.map(({ input, inputBias, ...turned }, d) => {
        const projected = tf.reshape(tf.add(tf.matMul(rows, input), inputBias), [steps, batch, -1]);
        const inputs = tf.unstack(projected) as tf.Tensor2D[];
        const backwards = d === 1 || direction === 'reverse';
        const weights = { ...turned, activations: functions[d] };
        let state: State = Array.from({ length: cell.states }, (_, i) =>
          startOf(starts[i], d, batch, size),
        );
        const made: tf.Tensor2D[] = [];
        for (const one of backwards ? [...inputs].reverse() : inputs) {
          state = cell.step(one, state, weights, node);
          made.push(state[0]);
        }
        ends.push(state);
        return tf.stack(backwards ? made.reverse() : made);
      });
      const last = Array.from({ length: cell.states }, (_, i) =>
        ofTensor(tf.stack(ends.map((state) => state[i]))),
      );
      return [ofTensor(tf.stack(answers, 1)), ...last];
    };
  };

interface Layer extends Omit<Weights, 'activations'> {
  readonly input: tf.Tensor2D;
  readonly inputBias: tf.Tensor1D;
  readonly size: number;
}

/** Weights of one direction: W `[D, G·H, I]`, R `[D, G·H, H]`, B `[D, 2·G·H]`: of W, then of R. */
function layerOf(node: OnnxNode, tools: Tools, { gates }: Cell, d: number): Layer {
  const [w, r] = [weight(node, 1, tools), weight(node, 2, tools)];
  const b = node.inputs[3] ? weight(node, 3, tools) : undefined;
  const size = r.shape[2];
  const fits =
    [w, r].every(({ shape }) => shape.length === 3 && shape[0] > d && shape[1] === gates * size) &&
    size === number(node, 'hidden_size', size) &&
    (b === undefined || b.data.length === b.shape[0] * 2 * gates * size);
  if (!fits) unsupported(node, `has weights [${w.shape}], [${r.shape}], [${b?.shape ?? ''}]`);
  const turned = ({ shape: [, rows, columns], data }: OnnxTensor) =>
    tools.keep(() => {
      const from = d * rows * columns;
      const values = Float32Array.from(data.slice(from, from + rows * columns));
      return tf.transpose(tf.tensor2d(values, [rows, columns]));
    });
  const bias = (half: 0 | 1) =>
    tools.keep(() => {
      const length = gates * size;
      const from = (2 * d + half) * length;
      if (b === undefined) return tf.zeros([length]);
      return tf.tensor1d(Float32Array.from(b.data.slice(from, from + length)));
    }) as tf.Tensor1D;
  return {
    size,
    input: turned(w),
    recurrent: turned(r),
    inputBias: bias(0),
    recurrentBias: bias(1),
  };
}

function startOf(value: Value | undefined, d: number, batch: number, size: number): tf.Tensor2D {
  if (isAbsent(value)) return tf.zeros([batch, size]);
  const all = tf.slice(planar(value), [d, 0, 0], [1, -1, -1]);
  // One state for a model that was exported with a batch of one.
  return tf.add(tf.reshape(all, [-1, size]), tf.zeros([batch, size]));
}

function refuseVariants(node: OnnxNode, { states }: Cell): void {
  if (number(node, 'layout', 0) !== 0) unsupported(node, 'has the batch first (layout 1)');
  if (node.attributes.has('clip')) unsupported(node, 'clips its sums');
  if (number(node, 'input_forget', 0) !== 0) unsupported(node, 'couples its gates (input_forget)');
  if (states === 2 && node.inputs[7]) unsupported(node, 'has peepholes');
}

function activationsOf(node: OnnxNode, cell: Cell, directions: number): Activation[][] {
  const given = node.attributes.get('activations');
  const names: readonly unknown[] = Array.isArray(given) && given.length > 0 ? given : [];
  return Array.from({ length: directions }, (_, d) =>
    cell.activations.map((usual, i) => {
      const name = String(names[d * cell.activations.length + i] ?? usual).toLowerCase();
      return Object.hasOwn(activations, name)
        ? activations[name]
        : unsupported(node, `has the activation ${name}`);
    }),
  );
}

export const recurrentLayers: Readonly<Record<string, Operator>> = {
  RNN: recurrent(plain),
  GRU: recurrent(gru),
  LSTM: recurrent(lstm),
};
