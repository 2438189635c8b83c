import * as tf from '@tensorflow/tfjs-core';
import { isAbsent, known, number, type Operator, unsupported } from './operator';
import { axisOf, lastAxis, ofHost, ofTensor, planar, shapeOf, type Value } from './value';

/** One tensor in, one out, every value for itself: the layout stays. */
const unary =
  (f: (x: tf.Tensor) => tf.Tensor, onHost?: (x: number) => number): Operator =>
  () =>
  ([x]) => {
    if (x.host && onHost) return ofHost(x.host.data.map(onHost), x.host.shape, x.host.integer);
    return { tensor: f(x.tensor ?? planar(x)), last: x.last };
  };

/** Two, with NumPy's broadcasting. */
const binary =
  (
    f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
    onHost?: (a: number, b: number, integer: boolean) => number,
  ): Operator =>
  () =>
  ([a, b]) => {
    const [left, right] = [a.host, b.host];
    if (left && right && onHost) {
      const single = left.data.length === 1 ? right : left;
      const both = left.data.length === right.data.length;
      if (both || left.data.length === 1 || right.data.length === 1) {
        const integer = left.integer && right.integer;
        const at = (data: readonly number[], i: number) => data[data.length === 1 ? 0 : i];
        const values = single.data.map((_, i) =>
          onHost(at(left.data, i), at(right.data, i), integer),
        );
        return ofHost(values, single.shape, integer);
      }
    }
    const [x, y, last] = aligned(a, b);
    return { tensor: f(x, y), last };
  };

/** Two values as tensors that broadcast, in NHWC when one of them is. */
export function aligned(a: Value, b: Value): [tf.Tensor, tf.Tensor, boolean] {
  const last = (a.last || b.last) === true;
  if (!last || shapeOf(a).length > 4 || shapeOf(b).length > 4) return [planar(a), planar(b), false];
  return [asLast(a), asLast(b), true];
}

/** `[C, 1, 1]` → `[1, 1, 1, C]` and so on. */
function asLast(value: Value): tf.Tensor {
  if (value.last && value.tensor) return value.tensor;
  const shape = shapeOf(value);
  const four = [...Array.from({ length: 4 - shape.length }, () => 1), ...shape];
  const plain = planar(value);
  if (four.every((side) => side === 1)) return tf.reshape(plain, four);
  return tf.transpose(tf.reshape(plain, four), [0, 2, 3, 1]);
}

const clip: Operator = (node) => (inputs) => {
  const [x, low, high] = inputs;
  const bound = (value: Value | undefined, name: string, fallback: number) =>
    isAbsent(value) ? number(node, name, fallback) : known(node, value, 'bounds')[0];
  const from = bound(low, 'min', Number.NEGATIVE_INFINITY);
  const to = bound(high, 'max', Number.POSITIVE_INFINITY);
  const tensor = x.tensor ?? planar(x);
  if (from === 0 && to === 6) return { tensor: tf.relu6(tensor), last: x.last };
  if (from === 0 && to > 3.4e38) return { tensor: tf.relu(tensor), last: x.last };
  return { tensor: tf.clipByValue(tensor, from, to), last: x.last };
};

const prelu: Operator =
  () =>
  ([x, slope]) => {
    const [map, alpha, last] = aligned(x, slope);
    // tf.prelu has a gradient for alpha that nobody needs.
    return { tensor: tf.sub(tf.relu(map), tf.mul(tf.relu(tf.neg(map)), alpha)), last };
  };

const softmax: Operator = (node, { opset }) => {
  const given = number(node, 'axis', opset < 13 ? 1 : -1);
  return ([x]) => {
    const shape = shapeOf(x);
    const axis = axisOf(given, shape.length);
    if (opset < 13 && shape.slice(axis + 1).some((side) => side !== 1)) {
      // Before 13 the axes from this one on were one.
      const rows = shape.slice(0, axis).reduce((a, b) => a * b, 1);
      const flat = tf.reshape(planar(x), [rows, -1]);
      return ofTensor(tf.reshape(tf.softmax(flat, 1), [...shape]));
    }
    if (x.last && x.tensor && axis === 1) return { tensor: tf.softmax(x.tensor, 3), last: true };
    const plain = planar(x);
    if (axis === shape.length - 1) return ofTensor(tf.softmax(plain, axis));
    const order = shape.map((_, i) => i);
    [order[axis], order[shape.length - 1]] = [order[shape.length - 1], order[axis]];
    return ofTensor(tf.transpose(tf.softmax(tf.transpose(plain, order), -1), order));
  };
};

const reduceMean: Operator = (node) => {
  const keep = number(node, 'keepdims', 1) === 1;
  return ([x, second]) => {
    const rank = shapeOf(x).length;
    const attribute = node.attributes.get('axes') as readonly number[] | undefined;
    const given = attribute ?? (isAbsent(second) ? undefined : known(node, second, 'axes'));
    const axes = (given ?? shapeOf(x).map((_, i) => i)).map((axis) => axisOf(axis, rank));
    if (x.last && x.tensor && keep) {
      return { tensor: tf.mean(x.tensor, axes.map(lastAxis), true), last: true };
    }
    return ofTensor(tf.mean(planar(x), axes, keep));
  };
};

const pass: Operator =
  () =>
  ([x]) =>
    x;

const cast: Operator = (node) => {
  const to = number(node, 'to', 1);
  const integer = [2, 3, 6, 7].includes(to);
  const float = [1, 10, 11].includes(to);
  return ([x]) => {
    if (x.host) {
      const data = integer ? x.host.data.map(Math.trunc) : x.host.data;
      return ofHost(data, x.host.shape, integer);
    }
    return float ? x : unsupported(node, 'makes integers of the picture: no gradient passes');
  };
};

export const pointwise: Readonly<Record<string, Operator>> = {
  Relu: unary(tf.relu),
  Sigmoid: unary(tf.sigmoid),
  Tanh: unary(tf.tanh),
  Exp: unary(tf.exp),
  Log: unary(tf.log),
  Sqrt: unary(tf.sqrt, Math.sqrt),
  Abs: unary(tf.abs, Math.abs),
  Neg: unary(tf.neg, (x) => -x),
  Floor: unary(tf.floor, Math.floor),
  Ceil: unary(tf.ceil, Math.ceil),
  Erf: unary(tf.erf),
  Softplus: unary(tf.softplus),
  LeakyRelu: (node, tools) =>
    unary((x) => tf.leakyRelu(x, number(node, 'alpha', 0.01)))(node, tools),
  Elu: (node, tools) =>
    number(node, 'alpha', 1) === 1 ? unary(tf.elu)(node, tools) : unsupported(node, 'has alpha'),
  HardSigmoid: (node, tools) => {
    const [alpha, beta] = [number(node, 'alpha', 0.2), number(node, 'beta', 0.5)];
    return unary((x) => tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1))(node, tools);
  },
  HardSwish: unary((x) => tf.mul(x, tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6))),
  Add: binary(tf.add, (a, b) => a + b),
  Sub: binary(tf.sub, (a, b) => a - b),
  Mul: binary(tf.mul, (a, b) => a * b),
  Div: binary(tf.div, (a, b, integer) => (integer ? Math.trunc(a / b) : a / b)),
  Pow: binary(tf.pow, (a, b) => a ** b),
  Clip: clip,
  PRelu: prelu,
  Softmax: softmax,
  ReduceMean: reduceMean,
  Identity: pass,
  Dropout: pass,
  Cast: cast,
};
