import type {
  FloatImage,
  Generator,
  GeneratorContext,
  LatentCode,
  LatentEncoder,
  PerceptualModel,
} from '../contracts';
import type { ModelChoice } from '../enhance/types';
import type { LatentData } from '../latents/latent-data';
import type { FidelityReduction } from '../losses/distance';

/**
 * - `wplus-then-noise`: Image2StyleGAN++ (Abdal, Qin, Wonka, CVPR 2020): W+ first, then the noise maps alone.
 * - `projector`: NVlabs' projector (Karras et al., CVPR 2020, appendix D): w and noise together, the noise kept
 *   white, with their schedules.
 */
export type InversionMethod = 'wplus-then-noise' | 'projector';

/** How a difference becomes a number; `sum-square` is the projector's. */
export type InversionReduction = FidelityReduction | 'sum-square';

/** Weights of the terms. 0 switches a term off. */
export interface InversionWeights {
  /** L_pc, pixel distance to the portrait (paper Eq. 6). */
  consistency: number;
  /** L_pp, perceptual distance (paper Eq. 7). Off while only noise is optimised. */
  perceptual: number;
  /** Whiteness of the noise maps (projector). */
  regularization: number;
}

/** Steps of each stage of `wplus-then-noise`; the projector has one stage, `styles`, and no `noise`. */
export interface InversionSteps {
  styles: number;
  noise: number;
}

export type InversionPreset = 'fast' | 'paper';

export interface InvertOptions {
  /** By registered name, as an object, or as a factory. */
  generator:
    | ModelChoice<Generator>
    | ((context: GeneratorContext) => Generator | Promise<Generator>);
  /** Default `'compact'`; the projector is meant for LPIPS. Loaded only when its weight is above 0. */
  perceptual?: ModelChoice<PerceptualModel>;
  /** Default `'wplus-then-noise'`. */
  method?: InversionMethod;
  /**
   * Default `'fast'`: 200 + 100 steps with large steps (15 + 25 from the encoder of a generator that brings one),
   * projector 300. `'paper'`: as published, 1500 + 1500 (projector: 1000), for a GPU.
   */
  preset?: InversionPreset;
  /** A code for every layer (W+), or one for all (W). Default: `'w+'`; `'w'` with the projector, as published. */
  space?: 'w' | 'w+';
  /** All steps (two thirds for W+, one for noise), or each stage's. */
  steps?: number | Partial<InversionSteps>;
  /** Peak of Adam's step size for styles. */
  learningRate?: number;
  /** Peak of Adam's step size for noise. */
  noiseLearningRate?: number;
  weights?: Partial<InversionWeights>;
  /** Reduction of L_pc and L_pp. Default: `'norm'`, the paper's; `'sum-square'` with the projector. */
  reduction?: InversionReduction;
  /** Longest side at which the perceptual model looks, pixels. Default 256, as both methods; never enlarges. */
  perceptualSize?: number;
  /**
   * `'mean'`: the mean latent; a code, for instance of an earlier inversion; or an encoder. A code given as
   * tensors is not disposed. Default: the generator's own encoder where it has one, otherwise `'mean'`; with the
   * projector always `'mean'`.
   */
  start?: 'mean' | LatentData | LatentCode | LatentEncoder;
  /** Seeds every random choice. Default 0. Same seed, same backend: same bytes. */
  seed?: number;
  /** Cancels within one step with an `AbortedError` that carries the best inversion so far. */
  signal?: AbortSignal;
  /** Called at each step of `invertPortrait`. */
  onProgress?: (step: InversionStep) => void;
}

/** What `invertPortraitSteps` yields. */
export interface InversionStep {
  /** 0 = the start; the last one is the result. */
  readonly step: number;
  readonly steps: number;
  /** What this step moves. */
  readonly stage: 'styles' | 'noise' | 'joint' | 'done';
  /** Each term before weighting. Terms that are off are absent. */
  readonly losses: Partial<Record<keyof InversionWeights, number>>;
  /** The weighted sum that is minimised. */
  readonly total: number;
  /** PSNR of the generated portrait against the input, at the generator's size, without the letterbox; dB. */
  readonly psnr: number;
  /** Adam's step size at this step. */
  readonly learningRate: number;
  readonly elapsedSeconds: number;
  readonly remainingSeconds: number;
}

/** What `invertPortrait` found. Plain data: nothing to dispose. */
export interface Inversion {
  /** The latents; `latentCode` makes tensors of them, `serializeLatents` a file. */
  readonly code: LatentData;
  /** G(w, n), RGB, at the size of the source. */
  readonly portrait: FloatImage;
  /** Of the generated portrait against the input, at the generator's size, without the letterbox; dB. */
  readonly psnr: number;
  /** Steps taken. */
  readonly steps: number;
  readonly history: readonly InversionStep[];
  readonly seconds: number;
  readonly settings: InversionSettings;
}

/** Every option after defaults. JSON-safe. */
export interface InversionSettings {
  readonly method: InversionMethod;
  readonly preset: InversionPreset;
  readonly generator: string;
  readonly perceptual: string | null;
  readonly space: 'w' | 'w+';
  readonly steps: InversionSteps;
  readonly learningRate: number;
  readonly noiseLearningRate: number;
  readonly weights: InversionWeights;
  readonly reduction: InversionReduction;
  readonly perceptualSize: number;
  readonly seed: number;
}
