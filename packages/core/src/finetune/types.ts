import type { RasterImage } from '../contracts';
import type { MatteErrors } from '../metrics';

/** A portrait and its matte to train on or to measure with. All parts have the same size. */
export interface TrainingPair {
  /** For error messages, for instance the file name. */
  readonly name?: string;
  /** RGB. */
  readonly image: RasterImage;
  /** One channel. */
  readonly alpha: RasterImage;
  /** 0 = background, 128 = unknown, 255 = foreground (0, 0.5, 1 as floats). What it calls unknown stays unknown. */
  readonly trimap?: RasterImage;
  /** Of a generated pair; one that the quality gate rejected is left out. */
  readonly gate?: { readonly accepted: boolean };
}

/** Pairs that are read when their turn comes: for sets that memory cannot hold. */
export interface PairSet {
  readonly length: number;
  /** @param index from 0; the same index gives the same pair each time */
  load(index: number): Promise<TrainingPair>;
}

/** Pairs as a list, as a stream that is read to its end first (`generatePortraits`), or one at a time. */
export type PairSource = Iterable<TrainingPair> | AsyncIterable<TrainingPair> | PairSet;

/** Weights of the terms of the loss. 0 switches a term off. */
export interface MattingLossWeights {
  /** |α − α*|. Default 1. */
  alpha: number;
  /** |αF + (1 − α)B − I|, where the layers are known. Default 1. */
  compositional: number;
  /** |∇α − ∇α*|, which is hair. Default 1. */
  gradient: number;
  /**
   * How much more a pixel near the edge counts for models without a trimap, which are judged on the whole picture.
   * Default 4 (MODNet's trainer).
   */
  boundary: number;
}

/** The terms of one step, before weighting. */
export type MattingLossValues = Readonly<Record<'alpha' | 'compositional' | 'gradient', number>>;

export type MetricName = keyof MatteErrors;

/** What is remembered of a step. */
export interface FineTuneRecord {
  /** 0 = before the first update. */
  readonly step: number;
  /** Weighted sum; absent at step 0. */
  readonly loss?: number;
  /** Terms before weighting; absent at step 0. */
  readonly losses?: MattingLossValues;
  readonly learningRate?: number;
  /** Norm of all gradients before clipping. */
  readonly gradientNorm?: number;
  /** Means over the validation pairs, where they were measured. */
  readonly validation?: MatteErrors;
}

/** What `fineTuneSteps` yields. */
export interface FineTuneStep extends FineTuneRecord {
  readonly steps: number;
  /** The step with the best validation so far; without `validation`, the current one. */
  readonly best: number;
  readonly elapsedSeconds: number;
  /** Estimated, without an early stop. */
  readonly remainingSeconds: number;
}
