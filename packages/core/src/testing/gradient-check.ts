import * as tf from '@tensorflow/tfjs-core';
import { createRandom, type Random } from '../random';

export interface GradientCheckOptions {
  /** Random directions to compare along. Default 4. */
  directions?: number;
  /**
   * Half the distance of the two points of the central difference, in units of the inputs. Default 1e-2:
   * float32 rounding grows with 1/ε, the curvature of the function with ε².
   */
  epsilon?: number;
  /** Seeds directions and output weights. Default 0. */
  seed?: number;
}

export interface GradientCheck {
  /** ‖numeric − analytic‖₂ / max(‖numeric‖₂, ‖analytic‖₂) over the directions; 0 when both are zero. */
  readonly relativeError: number;
  /** Derivative along each direction by finite differences. */
  readonly numeric: readonly number[];
  /** Derivative along each direction from tfjs's gradient. */
  readonly analytic: readonly number[];
}

/**
 * Compares the gradient of a function with central differences along random directions d:
 *
 *     ⟨∇⟨r, f⟩(x), d⟩  against  ⟨r, f(x + εd) − f(x − εd)⟩ / 2ε,   r, d ~ N(0, 1)
 *
 * The random weights r (1 for a scalar) make every output count. Their products are summed in float64, so
 * that only the rounding of `f` itself remains.
 *
 * ```ts
 * import { checkGradient } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { relativeError } = await checkGradient((x) => tf.square(x), [tf.tensor1d([1, 2, 3])]);
 * console.log(relativeError < 0.01); // true
 * ```
 *
 * @param f pure function of `inputs`
 * @param inputs the point x; not disposed
 */
export async function checkGradient(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  { directions = 4, epsilon = 1e-2, seed = 0 }: GradientCheckOptions = {},
): Promise<GradientCheck> {
  const random = createRandom(seed);
  const weights = tf.tidy(() => outputWeights(f(...inputs), random.fork('weights')));
  const gradients = tf.tidy(() =>
    tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(f(...x), weights)))([...inputs]),
  );
  try {
    const slopes = await Promise.all(gradients.map((gradient) => gradient.data()));
    const r = await weights.data();
    const numeric: number[] = [];
    const analytic: number[] = [];
    for (let i = 0; i < directions; i++) {
      const direction = inputs.map((x, k) => random.fork(`direction ${i} ${k}`).normals(x.size));
      const ahead = await valueAt(f, inputs, direction, epsilon);
      const behind = await valueAt(f, inputs, direction, -epsilon);
      let difference = 0;
      for (let j = 0; j < r.length; j++) difference += r[j] * (ahead[j] - behind[j]);
      numeric.push(difference / (2 * epsilon));
      analytic.push(direction.reduce((sum, d, k) => sum + dot(slopes[k], d), 0));
    }
    const error = Math.hypot(...numeric.map((value, i) => value - analytic[i]));
    const scale = Math.max(Math.hypot(...numeric), Math.hypot(...analytic));
    return { relativeError: error === 0 ? 0 : error / scale, numeric, analytic };
  } finally {
    tf.dispose([weights, gradients]);
  }
}

/**
 * {@link checkGradient} for variables that a function uses without being given them: the weights of a model. Each
 * variable moves along a direction of its own size (its root mean square, at least 0.01), so that `epsilon` is relative.
 *
 * ```ts
 * import { checkVariableGradient } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const weights = tf.variable(tf.tensor1d([1, 2, 3]));
 * const { relativeError } = await checkVariableGradient(() => tf.square(weights), [weights]);
 * console.log(relativeError < 0.01); // true
 * ```
 *
 * @param f pure but for the variables it reads; called again for each difference
 * @param options `epsilon` default 1e-3
 */
export async function checkVariableGradient(
  f: () => tf.Tensor,
  variables: readonly tf.Variable[],
  { directions = 4, epsilon = 1e-3, seed = 0 }: GradientCheckOptions = {},
): Promise<GradientCheck> {
  const random = createRandom(seed);
  const weights = tf.tidy(() => outputWeights(f(), random.fork('weights')));
  const { value, grads } = tf.variableGrads(
    () => tf.tidy(() => tf.sum(tf.mul(f(), weights)) as tf.Scalar),
    [...variables],
  );
  const start = variables.map((variable) => variable.dataSync().slice() as Float32Array);
  const assign = (values: readonly Float32Array[]) =>
    tf.tidy(() => {
      variables.forEach((variable, k) => {
        variable.assign(tf.tensor(values[k], variable.shape));
      });
    });
  try {
    const r = await weights.data();
    const slopes = await Promise.all(
      variables.map(
        async ({ name, size }) => (await grads[name]?.data()) ?? new Float32Array(size),
      ),
    );
    const numeric: number[] = [];
    const analytic: number[] = [];
    for (let i = 0; i < directions; i++) {
      const direction = start.map((values, k) => {
        const size = Math.max(0.01, Math.sqrt(dot(values, values) / values.length));
        return random
          .fork(`direction ${i} ${k}`)
          .normals(values.length)
          .map((d) => d * size);
      });
      const at = async (distance: number) => {
        assign(start.map((values, k) => values.map((v, j) => v + distance * direction[k][j])));
        const y = tf.tidy(f);
        const data = await y.data();
        y.dispose();
        return data;
      };
      const [ahead, behind] = [await at(epsilon), await at(-epsilon)];
      let difference = 0;
      for (let j = 0; j < r.length; j++) difference += r[j] * (ahead[j] - behind[j]);
      numeric.push(difference / (2 * epsilon));
      analytic.push(direction.reduce((sum, d, k) => sum + dot(slopes[k], d), 0));
    }
    const error = Math.hypot(...numeric.map((found, i) => found - analytic[i]));
    const scale = Math.max(Math.hypot(...numeric), Math.hypot(...analytic));
    return { relativeError: error === 0 ? 0 : error / scale, numeric, analytic };
  } finally {
    assign(start);
    tf.dispose([weights, value, grads]);
  }
}

function outputWeights(y: tf.Tensor, random: Random): tf.Tensor {
  return y.size === 1 ? tf.onesLike(y) : tf.tensor(random.normals(y.size), y.shape);
}

/** `f(inputs + distance · direction)`. */
async function valueAt(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  direction: readonly Float32Array[],
  distance: number,
): Promise<ArrayLike<number>> {
  const value = tf.tidy(() =>
    f(...inputs.map((x, k) => tf.add(x, tf.mul(tf.tensor(direction[k], x.shape), distance)))),
  );
  try {
    return await value.data();
  } finally {
    value.dispose();
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
