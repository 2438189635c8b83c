import { stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { aligned } from './aligned';
import { hostsOf, mapHosts } from './host';
import { isAbsent, known, number, type Operator, string } from './operator';
import { unsupported } from './unsupported';
import { axisOf, ofHost, ofTensor, planar, shapeOf, type Value } from './value';

/** One tensor in, one out, every value for itself: the layout stays. */
const unary =
  (f: (x: tf.Tensor) => tf.Tensor, onHost?: (x: number) => number): Operator =>
  () =>
  ([x]) => {
    if (x.host && onHost)
      return ofHost(
        x.host.data.map((value) => onHost(value)),
        x.host.shape,
        x.host.integer,
      );
    return { tensor: f(x.tensor ?? planar(x)), last: x.last };
  };

/** Two, with NumPy's broadcasting. */
const binary =
  (
    f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
    onHost?: (a: number, b: number, integer: boolean) => number,
  ): Operator =>
  (node, tools) =>
  ([a, b]) => {
    const hosts = onHost && hostsOf([a, b]);
    if (hosts && onHost) {
      const integer = hosts.every((host) => host.integer);
      const known = mapHosts(hosts, (left, right) => onHost(left, right, integer), integer);
      if (known) return known;
    }
    const { tensors, last } = aligned(node, tools, a, b);
    return { tensor: f(tensors[0], tensors[1]), last };
  };

/** Exponents that have a shorter way; `tf.pow` takes logarithms for its gradient. */
const power = (x: tf.Tensor, exponent: tf.Tensor, known: number | undefined): tf.Tensor => {
  if (known === 1) return x;
  if (known === 2) return tf.square(x);
  if (known === 3) return tf.mul(tf.square(x), x);
  if (known === 0.5) return tf.sqrt(x);
  return tf.pow(x, exponent);
};

const pow: Operator = (node, tools) => (inputs) => {
  const exponent = inputs[1].host;
  const known = exponent?.data.length === 1 ? exponent.data[0] : undefined;
  return binary(
    (a, b) => power(a, b, known),
    (a, b) => a ** b,
  )(
    node,
    tools,
  )(inputs);
};

/**
 * The remainder has the sign of the divisor, or with `fmod` that of the dividend: a − b · q with a whole q, which jumps, so
 * that no gradient passes through it.
 */
const mod: Operator = (node, tools) => {
  const plain = number(node, 'fmod', 0) === 1;
  const whole = (quotient: tf.Tensor) =>
    plain ? tf.mul(tf.sign(quotient), tf.floor(tf.abs(quotient))) : tf.floor(quotient);
  return binary(
    (a, b) =>
      tf.sub(
        a,
        tf.mul(
          b,
          stopGradient(() => whole(tf.div(a, b))),
        ),
      ),
    (a, b) => (plain ? a % b : a - b * Math.floor(a / b)),
  )(node, tools);
};

const sum: Operator = (node, tools) => (inputs) =>
  inputs.reduce((a, b) => binary(tf.add, (x, y) => x + y)(node, tools)([a, b]) as Value);

const gelu: Operator = (node, tools) => {
  const rough = string(node, 'approximate', 'none') === 'tanh';
  return unary((x) => {
    const inner = rough
      ? tf.tanh(
          tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI)),
        )
      : tf.erf(tf.mul(x, Math.SQRT1_2));
    return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
  })(node, tools);
};

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

/** Slopes between 0 and 1 are a maximum; others, one kernel of tfjs. */
const prelu: Operator = (node, tools) => {
  const slopes = tools.constant(node.inputs[1] ?? '')?.data;
  const mild = slopes?.every((slope: number) => slope >= 0 && slope <= 1) === true;
  return ([x, slope]) => {
    const { tensors, last } = aligned(node, tools, x, slope);
    const [map, alpha] = tensors;
    const perChannel = alpha.size === map.shape[map.rank - 1] && alpha.size === alpha.shape.at(-1);
    // The kernel of wasm takes one slope per channel. On tfjs-node it is six kernels.
    const fused = perChannel && tf.getBackend() !== 'tensorflow';
    if (fused) return { tensor: tf.prelu(map, tf.reshape(alpha, [alpha.size])), last };
    if (mild) return { tensor: tf.maximum(map, tf.mul(map, alpha)), last };
    return { tensor: tf.sub(tf.relu(map), tf.mul(tf.relu(tf.neg(map)), alpha)), last };
  };
};

const softmax: Operator = (node, { opset }) => {
  const given = number(node, 'axis', opset < 13 ? 1 : -1);
  return ([x]) => {
    const shape = shapeOf(x);
    const axis = axisOf(given, shape.length);
    if (opset < 13 && shape.slice(axis + 1).some((side) => side !== 1)) {
      // Before 13 the axes from this one on were one.
      const rows = countOf(shape.slice(0, axis));
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

/** x − max − log Σ exp(x − max) */
const logSoftmax: Operator = (node, { opset }) => {
  const given = number(node, 'axis', opset < 13 ? 1 : -1);
  return ([x]) => {
    const rank = shapeOf(x).length;
    const axis = axisOf(given, rank);
    // Before 13 the axes from this one on were one.
    const axes = Array.from({ length: opset < 13 ? rank - axis : 1 }, (_, i) => axis + i);
    const plain = planar(x);
    const shifted = tf.sub(
      plain,
      stopGradient(() => tf.max(plain, axes, true)),
    );
    return ofTensor(tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), axes, true))));
  };
};

const pass: Operator =
  () =>
  ([x]) =>
    x;

const dropout: Operator =
  (node) =>
  ([x, , training]) => {
    if (!isAbsent(training) && known(node, training, 'a mode')[0] !== 0) {
      unsupported(node, 'is in training mode');
    }
    return x;
  };

const cast: Operator = (node) => {
  const to = number(node, 'to', 1);
  const integer = [2, 3, 6, 7, 9].includes(to);
  const float = [1, 10, 11].includes(to);
  return ([x]) => {
    if (x.host) {
      const toInteger = to === 9 ? (value: number) => Number(value !== 0) : Math.trunc;
      const data = integer ? x.host.data.map(toInteger) : x.host.data;
      return ofHost(data, x.host.shape, integer);
    }
    if (integer) {
      // It jumps: no gradient.
      const whole = stopGradient(() => {
        const plain = x.tensor ?? planar(x);
        if (to === 9) return tf.cast(tf.notEqual(plain, 0), 'float32');
        return tf.mul(tf.sign(plain), tf.floor(tf.abs(plain)));
      });
      return { tensor: whole, last: x.last };
    }
    if (!float) return unsupported(node, `casts to the data type ${to}`);
    return x.tensor?.dtype === 'bool' ? { ...x, tensor: tf.cast(x.tensor, 'float32') } : x;
  };
};

/** 1 where a comparison holds, else 0; it jumps, so no gradient. */
const where = (test: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor =>
  stopGradient(() => tf.cast(test(x), 'float32'));

/** x − bias above lambd, x + bias below −lambd, else 0. */
const shrink: Operator = (node, tools) => {
  const [lambda, bias] = [number(node, 'lambd', 0.5), number(node, 'bias', 0)];
  return unary((x) =>
    tf.add(
      tf.mul(
        tf.sub(x, bias),
        where((y) => tf.greater(y, lambda), x),
      ),
      tf.mul(
        tf.add(x, bias),
        where((y) => tf.less(y, -lambda), x),
      ),
    ),
  )(node, tools);
};

/** Values here are floats, or numbers known beforehand; the second input gives the type alone. */
const castLike: Operator =
  () =>
  ([x, like]) => {
    if (x.host === undefined) return x;
    const integer = like.host?.integer === true;
    const data = integer ? x.host.data.map(Math.trunc) : x.host.data;
    return ofHost(data, x.host.shape, integer);
  };

export const elementwise: Readonly<Record<string, Operator>> = {
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
  Round: unary(tf.round),
  Reciprocal: unary(tf.reciprocal, (x) => 1 / x),
  Gelu: gelu,
  Erf: unary(tf.erf),
  Softplus: unary(tf.softplus),
  LeakyRelu: (node, tools) =>
    unary((x) => tf.leakyRelu(x, number(node, 'alpha', 0.01)))(node, tools),
  Elu: (node, tools) => {
    const alpha = number(node, 'alpha', 1);
    if (alpha === 1) return unary(tf.elu)(node, tools);
    return unary((x) => tf.add(tf.relu(x), tf.mul(tf.elu(tf.neg(tf.relu(tf.neg(x)))), alpha)))(
      node,
      tools,
    );
  },
  // max(0, x) + min(0, α (exp(x / α) − 1))
  Celu: (node, tools) => {
    const alpha = number(node, 'alpha', 1);
    return unary((x) =>
      tf.add(tf.relu(x), tf.mul(tf.elu(tf.mul(tf.neg(tf.relu(tf.neg(x))), 1 / alpha)), alpha)),
    )(node, tools);
  },
  Selu: (node, tools) => {
    const [alpha, gamma] = [
      number(node, 'alpha', 1.6732632423543772),
      number(node, 'gamma', 1.0507009873554805),
    ];
    return unary((x) =>
      tf.mul(tf.add(tf.relu(x), tf.mul(tf.elu(tf.neg(tf.relu(tf.neg(x)))), alpha)), gamma),
    )(node, tools);
  },
  Mish: unary((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Swish: (node, tools) =>
    unary((x) => tf.mul(x, tf.sigmoid(tf.mul(x, number(node, 'alpha', 1)))))(node, tools),
  Softsign: unary((x) => tf.div(x, tf.add(tf.abs(x), 1))),
  // x where it is above alpha, else 0: it jumps there, and the slope is 1 or 0.
  ThresholdedRelu: (node, tools) =>
    unary((x) =>
      tf.mul(
        x,
        where((y) => tf.greater(y, number(node, 'alpha', 1)), x),
      ),
    )(node, tools),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Tan: unary(tf.tan),
  Asin: unary(tf.asin),
  Acos: unary(tf.acos),
  Atan: unary(tf.atan),
  Sinh: unary(tf.sinh),
  Cosh: unary(tf.cosh),
  Asinh: unary(tf.asinh),
  Acosh: unary(tf.acosh),
  Atanh: unary(tf.atanh),
  Shrink: shrink,
  CastLike: castLike,
  // Flat but for the jump at 0: its gradient is zero.
  Sign: unary(tf.sign, Math.sign),
  Mean: (node, tools) => (inputs) => {
    const total = sum(node, tools)(inputs) as Value;
    return {
      ...total,
      host: undefined,
      tensor: tf.mul(total.tensor ?? planar(total), 1 / inputs.length),
    };
  },
  LogSoftmax: logSoftmax,
  HardSigmoid: (node, tools) => {
    const [alpha, beta] = [number(node, 'alpha', 0.2), number(node, 'beta', 0.5)];
    return unary((x) => tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1))(node, tools);
  },
  HardSwish: unary((x) => tf.mul(x, tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6))),
  Add: binary(tf.add, (a, b) => a + b),
  Sub: binary(tf.sub, (a, b) => a - b),
  Mul: binary(tf.mul, (a, b) => a * b),
  Div: binary(tf.div, (a, b, integer) => (integer ? Math.trunc(a / b) : a / b)),
  Pow: pow,
  Mod: mod,
  Sum: sum,
  Clip: clip,
  PRelu: prelu,
  Softmax: softmax,
  Identity: pass,
  Dropout: dropout,
  Cast: cast,
};
