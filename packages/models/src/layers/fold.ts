import { countOf } from '../count-of';
/**
 * What PyTorch keeps beside a weight, multiplied into it. Arithmetic in float64; arrays in PyTorch's layout,
 * changed in place.
 */

/** The tensors of one BatchNorm2d, each `[channels]`. */
export interface BatchNormalization {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}

/**
 * BN(w ∗ x + b) = (s·w) ∗ x + (β + s·(b − μ)),  s = γ / √(σ² + ε), per output channel.
 *
 * @param weight multiplied in place
 * @param outputAxis the axis of `shape` that counts output channels: 0, and 1 for ConvTranspose2d
 * @param bias `[channels]`; none = 0
 * @returns the bias of the folded layer
 */
export function foldBatchNormalization(
  weight: Float32Array,
  shape: readonly number[],
  outputAxis: 0 | 1,
  bias: Float32Array | undefined,
  norm: BatchNormalization,
): Float32Array {
  const { scale, offset } = affineOf(norm);
  const channels = shape[outputAxis];
  // Outputs that the normalisation leaves out keep their scale.
  const factor = Float64Array.from({ length: channels }, (_, c) => scale[c] ?? 1);
  const inner = countOf(shape.slice(outputAxis + 1));
  for (let i = 0; i < weight.length; i++) weight[i] *= factor[Math.floor(i / inner) % channels];
  return Float32Array.from(factor, (s, c) => (offset[c] ?? 0) + s * (bias?.[c] ?? 0));
}

/** Batch normalisation as `scale · x + offset`, float64. */
export function affineOf({ weight, bias, mean, variance, epsilon }: BatchNormalization): {
  scale: Float64Array;
  offset: Float64Array;
} {
  const scale = Float64Array.from(weight, (g, c) => g / Math.sqrt(variance[c] + epsilon));
  const offset = Float64Array.from(bias, (b, c) => b - mean[c] * scale[c]);
  return { scale, offset };
}

/**
 * Spectral normalisation at evaluation: W = W̄ / σ, σ = uᵀ W̄ v with W̄ as a matrix `[shape[0], rest]`.
 * `u` and `v` are what the last training step left.
 */
export function foldSpectralNormalization(
  weight: Float32Array,
  u: Float32Array,
  v: Float32Array,
): void {
  let sigma = 0;
  for (let row = 0, i = 0; row < u.length; row++) {
    let product = 0;
    for (let column = 0; column < v.length; column++, i++) product += weight[i] * v[column];
    sigma += u[row] * product;
  }
  for (let i = 0; i < weight.length; i++) weight[i] /= sigma;
}

/**
 * Weight standardisation (Qiao et al. 2019): each output channel minus its mean, divided by
 * √(variance + 1e-5), biased variance.
 */
export function standardizeWeights(weight: Float32Array, outputs: number): void {
  const size = weight.length / outputs;
  for (let start = 0; start < weight.length; start += size) {
    const filter = weight.subarray(start, start + size);
    const mean = filter.reduce((sum, w) => sum + w, 0) / size;
    const variance = filter.reduce((sum, w) => sum + (w - mean) ** 2, 0) / size;
    const deviation = Math.sqrt(variance + 1e-5);
    for (let i = 0; i < size; i++) filter[i] = (filter[i] - mean) / deviation;
  }
}
