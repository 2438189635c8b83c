import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * The latent variables of a generator: what the optimisation moves.
 *
 * StyleGAN2 fills both parts (W+ and per-layer noise, paper III-A); other generators may leave one empty.
 */
export interface LatentCode {
  /** W+ latent codes, `[N, layers, dim]`; `[N, 0, 0]` when the generator has none. */
  readonly styles: Tensor3D;
  /** Noise maps, coarse to fine, each `[N, height, width, channels]`; empty when there are none. */
  readonly noise: readonly Tensor4D[];
}

/** The shape of a {@link LatentCode}, without its batch dimension. */
export interface LatentShape {
  readonly styles: readonly [layers: number, dim: number];
  readonly noise: readonly (readonly [height: number, width: number, channels: number])[];
}
