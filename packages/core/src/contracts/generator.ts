import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LatentCode, LatentShape } from './latent-code';
import type { LatentEncoder } from './latent-encoder';
import type { ModelInfo } from './model-info';

/**
 * Turns a latent code into a portrait: `G(w, n)` of the paper (III-A).
 *
 * All tensors returned belong to the caller. `synthesize` must be differentiable with respect to every
 * tensor of the code.
 */
export interface Generator extends ModelInfo {
  /** Size of the portraits, `[height, width]` in pixels. */
  readonly resolution: readonly [height: number, width: number];
  /** Shape of one latent code. */
  readonly latents: LatentShape;
  /**
   * Maximum change `synthesize` can make to a pixel, in [0, 1]; `1` when it is unbounded.
   * Informational: the loop reports it.
   */
  readonly range: number;
  /** Portraits `[N, height, width, 3]` in [0, 1] (values may exceed it slightly). */
  synthesize(code: LatentCode): Tensor4D;
  /**
   * The exact inverse, when there is one: a code with `synthesize(encode(image)) = image`.
   * Generators without it are inverted by optimisation (`invertPortrait`).
   */
  encode?(image: Tensor4D): LatentCode;
  /**
   * Where a search had better begin than at the portrait itself, when the generator knows: its first update goes there.
   * Only with `encode`.
   */
  start?(): LatentCode;
  /** Mapping network: `z [N, dim]` ~ N(0, 1) → code. Absent on generators that cannot invent portraits. */
  map?(z: Tensor2D, options?: { truncation?: number }): LatentCode;
  /** The latent code of the average portrait, a start for inversion. */
  meanLatent?(): LatentCode;
  /** The encoder trained with it: where inversion starts unless told otherwise. Freed with the generator. */
  readonly encoder?: LatentEncoder;
  /**
   * `synthesize` cut into consecutive pieces so that gradients can be taken piece by piece with less
   * memory. Each segment maps a state (list of tensors) to the next; the last state holds the image only.
   */
  segments?(code: LatentCode): readonly GeneratorSegment[];
  /** Frees the weights. */
  dispose(): void;
}

/** One piece of a generator: pure, differentiable in `state` and in the latents it names. */
export interface GeneratorSegment {
  readonly name: string;
  /** May return tensors of `state` as they are. */
  run(state: readonly Tensor4D[], code: LatentCode): Tensor4D[];
  /** The same piece cut finer, for gradients with still less memory and one more forward pass. */
  readonly segments?: readonly GeneratorSegment[];
}

/** What a generator factory may use: generators that perturb a portrait (rather than invent one) need it. */
export interface GeneratorContext {
  /** The letterboxed working portrait, `[1, H, W, 3]` in [0, 1]. Owned by the loop; copy it to keep it. */
  readonly image: Tensor4D;
  /**
   * The matte of that portrait as the run's models know it best, `[1, H, W, 1]` in [0, 1]: the fixed target's (see
   * `advanced.target`). Made at the first call, which takes as long as some twenty passes of the models. Owned by the
   * loop; copy it to keep it. Absent where there is no matting model.
   */
  readonly matte?: () => Promise<Tensor4D>;
}
