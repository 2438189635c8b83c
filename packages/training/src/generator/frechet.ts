import * as tf from '@tensorflow/tfjs-core';
import { principalComponents, symmetricEigen } from './principal-components';
import type { FeatureNetwork } from './squeezenet';

/** Directions of the feature space that are compared: far fewer than pictures, so that covariances have full rank. */
const DIRECTIONS = 24;
const CHUNK = 16;

/**
 * A fixed space for Fréchet distances: the means of SqueezeNet's last features over the picture, along the first
 * principal components of real faces. Not Inception: figures compare with each other only.
 */
export class FeatureSpace {
  readonly #features: FeatureNetwork;
  readonly #vectors: tf.Tensor2D;

  /** @param real features of real faces, `[n, 512]`, of {@link pooledFeatures} */
  constructor(features: FeatureNetwork, real: tf.Tensor2D) {
    this.#features = features;
    const { vectors } = principalComponents(real, DIRECTIONS);
    this.#vectors = tf.tensor2d(vectors, [real.shape[1], DIRECTIONS]);
  }

  /** @param draw pictures from index `from` on, `[count, H, W, 3]` in [−1, 1] */
  statistics(total: number, draw: (from: number, count: number) => tf.Tensor4D): Gaussian {
    const features = pooledFeatures(this.#features, total, draw);
    const projected = tf.matMul<tf.Tensor2D>(features, this.#vectors);
    features.dispose();
    const gaussian = gaussianOf(projected);
    projected.dispose();
    return gaussian;
  }
}

/** Mean and covariance, row by row. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Means over the picture of the last features, `[total, 512]`. */
export function pooledFeatures(
  network: FeatureNetwork,
  total: number,
  draw: (from: number, count: number) => tf.Tensor4D,
): tf.Tensor2D {
  const parts: tf.Tensor2D[] = [];
  for (let from = 0; from < total; from += CHUNK) {
    parts.push(
      tf.tidy(() => {
        const maps = network.features(draw(from, Math.min(CHUNK, total - from)));
        return tf.mean(maps[maps.length - 1], [1, 2]) as tf.Tensor2D;
      }),
    );
  }
  const all = tf.concat(parts) as tf.Tensor2D;
  tf.dispose(parts);
  return all;
}

export function gaussianOf(rows: tf.Tensor2D): Gaussian {
  const [n, size] = rows.shape;
  const values = rows.dataSync();
  const mean = new Float64Array(size);
  for (let i = 0; i < n; i++) for (let k = 0; k < size; k++) mean[k] += values[i * size + k] / n;
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < size; k++) {
      const centered = (values[i * size + k] - mean[k]) / (n - 1);
      for (let l = 0; l < size; l++) {
        covariance[k * size + l] += centered * (values[i * size + l] - mean[l]);
      }
    }
  }
  return { mean, covariance };
}

/** ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½) (Heusel et al., NeurIPS 2017). */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  const n = a.mean.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    distance += (a.mean[i] - b.mean[i]) ** 2;
    distance += a.covariance[i * n + i] + b.covariance[i * n + i];
  }
  const root = squareRoot(a.covariance, n);
  const { values } = symmetricEigen(product(product(root, b.covariance, n), root, n), n);
  for (const value of values) distance -= 2 * Math.sqrt(Math.max(0, value));
  return distance;
}

/** Of a symmetric matrix without negative eigenvalues. */
function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) {
        const root = Math.sqrt(Math.max(0, values[k]));
        result[i * n + j] += root * vectors[i * n + k] * vectors[j * n + k];
      }
    }
  }
  return result;
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      for (let j = 0; j < n; j++) result[i * n + j] += a[i * n + k] * b[k * n + j];
    }
  }
  return result;
}
