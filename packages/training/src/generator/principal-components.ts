import { createRandom } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';

export interface PrincipalComponents {
  /** `[size]` */
  readonly mean: Float32Array;
  /** `[size, count]`, orthonormal columns, the largest variance first. */
  readonly vectors: Float32Array;
  /** Variance along each. */
  readonly variances: Float32Array;
}

/**
 * The first principal components of the rows of a matrix, by subspace iteration.
 *
 * @param rows `[n, size]`
 */
export function principalComponents(
  rows: tf.Tensor2D,
  count: number,
  iterations = 24,
): PrincipalComponents {
  return tf.tidy(() => {
    const [n, size] = rows.shape;
    const mean = tf.mean(rows, 0);
    const centered = tf.sub(rows, mean) as tf.Tensor2D;
    let basis: tf.Tensor2D = tf.tensor2d(createRandom(7).normals(size * count), [size, count]);
    for (let i = 0; i < iterations; i++) {
      basis = orthonormal(tf.matMul(centered, tf.matMul(centered, basis), true));
    }
    const projected = tf.matMul(centered, basis);
    const covariance = tf.div(tf.matMul(projected, projected, true), n) as tf.Tensor2D;
    const { vectors, values } = symmetricEigen(covariance.dataSync() as Float32Array, count);
    const rotation = tf.tensor2d(Float32Array.from(vectors), [count, count]);
    return {
      mean: mean.dataSync() as Float32Array,
      vectors: tf.matMul(basis, rotation).dataSync() as Float32Array,
      variances: Float32Array.from(values),
    };
  });
}

/** Columns made orthonormal: B L⁻ᵀ with L the Cholesky factor of BᵀB. */
function orthonormal(basis: tf.Tensor2D): tf.Tensor2D {
  const count = basis.shape[1];
  const scaled = tf.div(basis, tf.norm(basis, 2, 0, true)) as tf.Tensor2D;
  const gram = Float64Array.from(tf.matMul(scaled, scaled, true).dataSync());
  const lower = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = gram[i * count + j] + (i === j ? 1e-7 : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * count + k] * lower[j * count + k];
      lower[i * count + j] = i === j ? Math.sqrt(sum) : sum / lower[j * count + j];
    }
  }
  const inverse = new Float64Array(count * count);
  for (let j = 0; j < count; j++) {
    for (let i = j; i < count; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= lower[i * count + k] * inverse[k * count + j];
      inverse[i * count + j] = sum / lower[i * count + i];
    }
  }
  const right = tf.tensor2d(Float32Array.from(inverse), [count, count]);
  return tf.matMul(scaled, right, false, true);
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations, the largest first.
 *
 * @param matrix `[n, n]`, row by row
 * @returns eigenvectors as the columns of `vectors`
 */
export function symmetricEigen(
  matrix: ArrayLike<number>,
  n: number,
): { values: Float64Array; vectors: Float64Array } {
  const a = Float64Array.from(matrix);
  // Rows of v are the vectors while it runs: rotations then touch memory in order.
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  let scale = 0;
  for (const value of a) scale += value * value;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p * n + q] ** 2;
    if (off <= 1e-20 * scale) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q];
        if (apq === 0) continue;
        const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[p * n + k], a[q * n + k]];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k * n + p], a[k * n + q]];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
          const [vx, vy] = [v[p * n + k], v[q * n + k]];
          v[p * n + k] = c * vx - s * vy;
          v[q * n + k] = s * vx + c * vy;
        }
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors[k * n + to] = v[from * n + k];
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}
