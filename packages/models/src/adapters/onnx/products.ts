import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import type { OnnxNode } from './onnx-model';
import { isAbsent, number, type Operator, string, type Tools } from './operator';
import { unsupported } from './unsupported';
import { broadcast, commonShape, ofTensor, planar, shapeOf } from './value';

/**
 * `numpy.matmul`. tfjs multiplies stacks of matrices too, but its gradient does not sum over a stack that was
 * repeated: here a matrix multiplies all rows at once, and two stacks are brought to one shape first.
 */
export function matrixProduct(
  node: OnnxNode,
  tools: Tools,
  left: tf.Tensor,
  right: tf.Tensor,
): tf.Tensor {
  const a = left.rank === 1 ? tf.expandDims(left, 0) : left;
  const b = right.rank === 1 ? tf.expandDims(right, 1) : right;
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.rank - 1];
  let stack = a.shape.slice(0, -2);
  let product: tf.Tensor;
  if (b.rank === 2) {
    tools.room.bounded(node, [...stack, rows, columns]);
    product = tf.matMul(tf.reshape(a, [-1, inner]) as tf.Tensor2D, b as tf.Tensor2D);
  } else {
    const others = b.shape.slice(0, -2);
    stack = commonShape(stack, others);
    tools.room.bounded(node, [...stack, rows, columns]);
    for (const x of [a, b]) tools.room.bounded(node, [...stack, ...x.shape.slice(-2)]);
    const piled = (x: tf.Tensor) =>
      tf.reshape(broadcast(x, [...stack, ...x.shape.slice(-2)]), [-1, ...x.shape.slice(-2)]);
    product = tf.matMul(piled(a), piled(b));
  }
  const shape = [...stack, rows, columns];
  if (right.rank === 1) shape.splice(-1, 1);
  if (left.rank === 1) shape.splice(right.rank === 1 ? -1 : -2, 1);
  return tf.reshape(product, shape);
}

const matMul: Operator =
  (node, tools) =>
  ([a, b]) =>
    ofTensor(matrixProduct(node, tools, planar(a), planar(b)));

const gemm: Operator = (node, tools) => {
  const [alpha, beta] = [number(node, 'alpha', 1), number(node, 'beta', 1)];
  const [first, second] = [number(node, 'transA', 0) === 1, number(node, 'transB', 0) === 1];
  return ([a, b, c]) => {
    const rows = shapeOf(a).at(first ? -1 : -2) ?? 1;
    const columns = shapeOf(b).at(second ? -2 : -1) ?? 1;
    tools.room.bounded(node, [rows, columns]);
    if (!isAbsent(c)) tools.room.bounded(node, commonShape([rows, columns], shapeOf(c)));
    const product = tf.matMul(planar(a), planar(b), first, second);
    const scaled = alpha === 1 ? product : tf.mul(product, alpha);
    if (isAbsent(c)) return ofTensor(scaled);
    return ofTensor(tf.add(scaled, beta === 1 ? planar(c) : tf.mul(planar(c), beta)));
  };
};

/**
 * Of one or two operands. Two are a product of matrices: every letter is one of four kinds, by where it occurs.
 *
 *     out[batch, left, right] = Σ_inner a[batch, left, inner] · b[batch, inner, right]
 */
const einsum: Operator = (node, tools) => {
  const whole = string(node, 'equation', '').replaceAll(' ', '');
  if (!whole.includes('...')) return explicitEinsum(node, tools);
  return (inputs) => {
    // The axes that the dots stand for, as letters that the equation does not use; the last ones are common.
    const terms = whole.split('->')[0].split(',');
    const free = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((letter) => !whole.includes(letter));
    const ranks = terms.map((term, i) =>
      term.includes('...') ? shapeOf(inputs[i]).length - term.replace('...', '').length : 0,
    );
    const most = Math.max(...ranks);
    if (Math.min(...ranks) < 0 || most > free.length) unsupported(node, `has "${whole}"`);
    const letters = free.slice(0, most).join('');
    const written = terms.map((term, i) => term.replace('...', letters.slice(most - ranks[i])));
    const [, wanted] = whole.split('->');
    const plain = terms.join('').replaceAll('.', '');
    const single = [...plain]
      .filter((letter) => plain.split(letter).length === 2)
      .sort()
      .join('');
    const output = wanted?.replace('...', letters) ?? letters + single;
    const attributes = new Map(node.attributes).set('equation', `${written.join()}->${output}`);
    return explicitEinsum({ ...node, attributes }, tools)(inputs);
  };
};

const explicitEinsum: Operator = (node, tools) => {
  const equation = string(node, 'equation', '').replaceAll(' ', '');
  const [given, wanted] = equation.split('->');
  const terms = given.split(',');
  if (!/^[a-zA-Z,]+(->[a-zA-Z]*)?$/.test(equation) || terms.length > 2) {
    unsupported(node, `has the equation "${equation}"`);
  }
  if (terms.some((term) => new Set(term).size < term.length)) {
    unsupported(node, `has the equation "${equation}", which takes a diagonal`);
  }
  const letters = terms.join('');
  const once = [...letters].filter((letter) => letters.split(letter).length === 2);
  const output = wanted ?? once.sort().join('');

  return (inputs) => {
    const sides = new Map<string, number>();
    const parts = terms.map((term, i) => {
      const x = planar(inputs[i]);
      for (const [axis, letter] of [...term].entries()) sides.set(letter, x.shape[axis]);
      const others = output + terms.filter((_, j) => j !== i).join('');
      const alone = [...term].flatMap((letter, axis) => (others.includes(letter) ? [] : [axis]));
      const rest = [...term].filter((letter) => others.includes(letter)).join('');
      return { x: alone.length > 0 ? tf.sum(x, alone) : x, term: rest };
    });
    const [a, b] = parts;
    if (b === undefined) return ofTensor(ordered(a.x, a.term, output));
    const inBoth = [...a.term].filter((letter) => b.term.includes(letter));
    const batch = inBoth.filter((letter) => output.includes(letter)).join('');
    const inner = inBoth.filter((letter) => !output.includes(letter)).join('');
    const only = (term: string) => [...term].filter((letter) => !inBoth.includes(letter)).join('');
    const [left, right] = [only(a.term), only(b.term)];
    const size = (group: string) => [...group].map((letter) => sides.get(letter) as number);
    const count = (group: string) => countOf(size(group));
    tools.room.bounded(node, [count(batch), count(left), count(right)]);
    const product = tf.matMul(
      tf.reshape(ordered(a.x, a.term, batch + left + inner), [
        count(batch),
        count(left),
        count(inner),
      ]),
      tf.reshape(ordered(b.x, b.term, batch + inner + right), [
        count(batch),
        count(inner),
        count(right),
      ]),
    );
    const plain = batch + left + right;
    return ofTensor(ordered(tf.reshape(product, size(plain)), plain, output));
  };
};

/** Transposes from one order of letters to another. */
function ordered(x: tf.Tensor, from: string, to: string): tf.Tensor {
  return from === to
    ? x
    : tf.transpose(
        x,
        [...to].map((letter) => from.indexOf(letter)),
      );
}

export const products: Readonly<Record<string, Operator>> = {
  MatMul: matMul,
  Gemm: gemm,
  Einsum: einsum,
};
