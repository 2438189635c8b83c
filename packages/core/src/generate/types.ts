import type { FloatImage } from '../contracts';
import type { LatentData } from '../latents/latent-data';
import type { LossValues } from '../search/options';

/**
 * What a pair must keep to be accepted. Judged is what the networks say of the optimised portrait, before the label is
 * refined.
 *
 * Chosen by looking at 41 pairs, not by the results of a training; a training that suffers from bad pairs should tighten
 * them. 21 StyleGAN2-FFHQ faces labelled by three references (compact, RVM, SINet), 18 of them well but for details:
 * entropy 0.17…0.36, unknown 0.11…0.22, contradiction 0…0.03, disagreement 0.07…0.29. The bad ones: two with a second
 * person in the matte (contradiction 0.10, 0.05) and one with half of the background (unknown 0.31). 20 pairs of the
 * compact generator after 1780 of its steps (blurred heads) with two references, all bad: disagreement 0.31…0.69, of
 * SINet also contradiction 0.15…0.43; entropy 0.12…0.45, which tells nothing. A single reference is contradicted by
 * nobody, and one that is given the trimap hardly ever by that: such a gate sees little.
 */
export interface QualityLimits {
  /** Largest mean entropy of the trimap model, nats in [0, ln 3]. Default 0.4. */
  maxEntropy: number;
  /** Smallest share of the picture that alpha covers. Default 0.05: nobody there. */
  minCoverage: number;
  /** Largest share of the picture that alpha covers. Default 0.95: no background to tell apart. */
  maxCoverage: number;
  /** Largest share of unknown pixels of the trimap. Default 0.3. */
  maxUnknown: number;
  /** Smallest share of the pixels with alpha ≥ ½ that the largest connected part holds. Default 0.9. */
  minLargestPart: number;
  /** Largest mean difference of alpha to the trimap, over the pixels that it is sure of. Default 0.03. */
  maxContradiction: number;
  /** Largest mean difference of alpha to that of any other reference, over unknown pixels. Default 0.3. */
  maxDisagreement: number;
}

/** What the gate looks at. */
export interface QualityMeasures {
  readonly entropy: number;
  readonly coverage: number;
  readonly unknown: number;
  readonly largestPart: number;
  readonly contradiction: number;
  /** Absent where there is only one reference. */
  readonly disagreement?: number;
}

/** Why a pair was rejected. */
export interface RejectReason {
  readonly measure: keyof QualityMeasures;
  readonly value: number;
  readonly limit: number;
  /** One sentence. */
  readonly message: string;
}

export interface QualityVerdict {
  readonly accepted: boolean;
  /** Every limit that was missed; empty when accepted. */
  readonly reasons: readonly RejectReason[];
  readonly measures: QualityMeasures;
}

/** Names of what made a pair. */
export interface PairModels {
  readonly generator: string;
  /** As it was given in `references`, or its own name where it was given as an object. */
  readonly reference: string;
  readonly trimap: string;
  /** `null` when the compositional loss was off or the reference gives no gradient. */
  readonly discriminator: string | null;
  readonly foreground: string;
}

/**
 * A portrait with its pseudo ground truth: plain data, nothing to dispose. Rejected pairs are given too: look at
 * `gate.accepted`.
 */
export interface GeneratedPair {
  readonly index: number;
  /** That of the run. */
  readonly seed: number;
  /** RGB, the size of the generator: the initial portrait, or the optimised one (`options.portrait`). */
  readonly image: FloatImage;
  /** Alpha of the optimised portrait, one channel, the same size: see `label`. */
  readonly alpha: FloatImage;
  /** Trimap of the optimised portrait: 0, 0.5 = unknown, 1. Of a refined label: where alpha was fitted. */
  readonly trimap: FloatImage;
  /** How alpha was made, see `GenerateOptions.label`. */
  readonly label: 'refined' | 'plain';
  /** The optimised portrait, with `keepEnhanced`. */
  readonly enhanced?: FloatImage;
  /** Latents of the optimised portrait, (w*, n*). Those of the initial one follow from seed and index. */
  readonly latents: LatentData;
  /** L_em and L_ca before weighting, of the initial and of the optimised portrait. */
  readonly losses: { readonly initial: LossValues; readonly optimized: LossValues };
  readonly models: PairModels;
  readonly gate: QualityVerdict;
  /** Options that nothing reads, and losses that are left out, one sentence each; absent without any. */
  readonly warnings?: readonly string[];
}

/** A photograph with its pseudo ground truth: plain data, nothing to dispose. Rejected ones are given too. */
export interface LabelledPair
  extends Pick<
    GeneratedPair,
    'index' | 'seed' | 'image' | 'alpha' | 'trimap' | 'label' | 'enhanced' | 'gate'
  > {
  /** What the search did; absent where nobody was found. */
  readonly enhancement?: {
    readonly generator: string;
    /** Of the enhanced version against the photograph, dB; `Infinity` when unchanged. */
    readonly psnr: number;
    /** The step that was kept; 0 = the photograph itself. */
    readonly bestStep: number;
  };
  readonly models: Omit<PairModels, 'generator'>;
}

/** How far a generation is. */
export interface GenerationProgress {
  /** Pairs finished, accepted or not. */
  readonly done: number;
  readonly count: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Pairs in work. */
  readonly indices: readonly number[];
  readonly step: number;
  readonly steps: number;
  readonly elapsedSeconds: number;
  /** Estimated; `Infinity` before the first step. */
  readonly remainingSeconds: number;
}
