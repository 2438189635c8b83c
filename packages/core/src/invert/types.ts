import type { FloatImage } from '../contracts';
import type { LatentData } from '../latents/latent-data';
import type { FidelityReduction } from '../losses/distance';

/**
 * - `wplus-then-noise`: Image2StyleGAN++ (Abdal, Qin, Wonka, CVPR 2020): W+ first, then the noise maps alone.
 * - `projector`: NVlabs' projector (Karras et al., CVPR 2020, appendix D): w and noise together, the noise kept
 *   white, with their schedules.
 * - `official`: what the paper's authors ran (stylegan++.py): W+ by LPIPS and pixels, then the noise maps by pixels with a
 *   step size of 5, without schedules; the photograph is stretched to the generator's square.
 */
export type InversionMethod = 'wplus-then-noise' | 'projector' | 'official';

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

/** Steps of each stage of `wplus-then-noise` and `official`; the projector has one stage, `styles`, and no `noise`. */
export interface InversionSteps {
  styles: number;
  noise: number;
}

export type InversionPreset = 'fast' | 'paper';

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
  /** Things a user should know, each one sentence: options that nothing read. */
  readonly warnings: readonly string[];
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
  readonly perceptualReduction: InversionReduction;
  readonly perceptualSize: number;
  readonly seed: number;
}
