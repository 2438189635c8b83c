import type { Enhancement, EnhanceOptions } from '../enhance/types';
import type { MatteErrors } from '../metrics';
import type { RasterImage } from '../spec';

/** One picture with its true matte. All parts have the same size. */
export interface EvaluationSample {
  /** For reports, for instance the file name without its extension. */
  readonly name: string;
  /** RGB. */
  readonly image: RasterImage;
  /** The true matte, one channel. */
  readonly alpha: RasterImage;
  /** 0 = background, 128 = unknown, 255 = foreground (0, 0.5, 1 as floats), one channel. */
  readonly trimap?: RasterImage;
}

export interface EvaluateOptions extends EnhanceOptions {
  /**
   * The trimap the reference model works with when it is judged. `'predicted'` (default): the one the trimap
   * model predicts, on each version of the picture by itself. `'given'`: the sample's, on both versions.
   */
  trimapSource?: 'predicted' | 'given';
  /** Pixels that count. Default: those the sample's trimap calls unknown, or all where it has none. */
  region?: 'unknown' | 'image';
  /** Called after each picture. */
  onRow?: (row: EvaluationRow, index: number) => void;
  /** Resamples for the intervals. Default 2000; they are drawn with `seed`. */
  resamples?: number;
  /** What is judged. Default `enhancePortrait`; give another function to compare a baseline. */
  enhance?: (image: RasterImage, options: EnhanceOptions) => Promise<Enhancement>;
}

/** One picture: the reference model on the original against the reference model on the enhanced version. */
export interface EvaluationRow {
  readonly name: string;
  readonly original: MatteErrors;
  readonly enhanced: MatteErrors;
  /** Enhanced against original picture, dB; `Infinity` when unchanged. */
  readonly psnr: number;
  /** As `psnr`, structural similarity; 1 when unchanged. */
  readonly ssim: number;
  /** Wall-clock seconds of the enhancement, loading included. */
  readonly seconds: number;
  /** The step that was returned; 0 = the original. */
  readonly bestStep: number;
}

/** A picture that could not be enhanced and counts nowhere. */
export interface EvaluationFailure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** 95 % bootstrap interval, `[low, high]`. */
export type Interval = readonly [low: number, high: number];

/** One error over all pictures; lower is better, so a negative change is an improvement. */
export interface MetricSummary {
  /** Mean on the originals. */
  readonly original: number;
  /** Mean on the enhanced versions. */
  readonly enhanced: number;
  /** `enhanced − original`. */
  readonly delta: number;
  /** `100 · delta / original`: the change of the mean, as in the paper's Table I. */
  readonly percent: number;
  readonly percentInterval: Interval;
  /**
   * Mean of each picture's own change in per cent, which large errors do not dominate. Pictures whose original
   * error is 0 are left out.
   */
  readonly imagePercent: number;
  readonly imagePercentInterval: Interval;
  /** Pictures whose error fell, rose, stayed equal. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
}

export interface EvaluationSummary {
  readonly images: number;
  readonly metrics: Readonly<Record<keyof MatteErrors, MetricSummary>>;
  /** Mean over the changed pictures, dB; `null` when none was changed. */
  readonly psnr: number | null;
  /** Mean over all pictures. */
  readonly ssim: number;
  /** Pictures that were returned as they were. */
  readonly unchanged: number;
  /** Mean seconds per picture. */
  readonly seconds: number;
}

export interface Evaluation {
  readonly rows: readonly EvaluationRow[];
  /** Absent when no picture was measured. */
  readonly summary?: EvaluationSummary;
  readonly failures: readonly EvaluationFailure[];
  readonly trimapSource: 'predicted' | 'given';
}
