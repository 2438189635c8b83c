import type { RasterImage } from '../contracts';
import type { Enhancement, EnhanceOptions } from '../enhance/types';
import type { MatteErrors } from '../metrics';
import type { SignedRankTest } from './signed-rank';

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
  /** Marks, for instance `profile`: pictures with the same mark are also summed up among themselves. */
  readonly tags?: readonly string[];
}

/** A sample that is read when its turn comes; a picture that cannot be read then is a failure of its own. */
export interface PendingSample {
  readonly name: string;
  load(): Promise<EvaluationSample>;
}

export interface EvaluateOptions extends EnhanceOptions {
  /**
   * The trimap the reference model works with when it is judged. `'predicted'` (default): the one the trimap
   * model predicts, on each version of the picture by itself. `'given'`: the sample's, on both versions.
   */
  trimapSource?: 'predicted' | 'given';
  /** Pixels that count. Default: those the sample's trimap calls unknown, or all where it has none. */
  region?: 'unknown' | 'image';
  /**
   * Also judge the fixed target of the agreement loss by itself (see `EnhanceOptions.target`): the reference model's
   * mean matte over mirrored, recoloured and (predicted trimap) windowed views of the *original* picture, refined or
   * not. Nothing is enhanced.
   * Default false.
   */
  ensemble?: boolean;
  /** Called after each picture that was measured. */
  onRow?: (row: EvaluationRow, index: number) => void;
  /** Called after each picture that could not be measured. */
  onFailure?: (failure: EvaluationFailure) => void;
  /** Resamples for the intervals. Default 2000; they are drawn with `seed`. */
  resamples?: number;
  /**
   * What is judged. Default `enhancePortrait`, with models loaded once for all pictures; give another function to
   * compare a baseline, or to enhance in a worker.
   */
  enhance?: (image: RasterImage, options: EnhanceOptions) => Promise<Enhancement>;
}

/** One picture: the reference model on the original against the reference model on the enhanced version. */
export interface EvaluationRow {
  readonly name: string;
  readonly original: MatteErrors;
  readonly enhanced: MatteErrors;
  /** With `ensemble`: the fixed target, made from the original, nothing enhanced. */
  readonly ensemble?: MatteErrors;
  /** Enhanced against original picture, dB; `Infinity` when unchanged. */
  readonly psnr: number;
  /** As `psnr`, structural similarity; 1 when unchanged. */
  readonly ssim: number;
  /** Wall-clock seconds of the enhancement alone. */
  readonly seconds: number;
  /** The step that was returned; 0 = the original. */
  readonly bestStep: number;
  readonly tags?: readonly string[];
}

/** A picture that could not be measured and counts nowhere. */
export interface EvaluationFailure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** 95 % bootstrap interval, `[low, high]`. */
export type Interval = readonly [low: number, high: number];

/** One error after a change against before, over all pictures; lower is better, so negative is an improvement. */
export interface Comparison {
  /** Mean after minus mean before. */
  readonly delta: number;
  /** `100 · delta / mean before`: the change of the mean, as in the paper's Table I. */
  readonly percent: number;
  readonly percentInterval: Interval;
  /**
   * Mean of each picture's own change in per cent, which large errors do not dominate. Pictures whose error before
   * is 0 are left out.
   */
  readonly imagePercent: number;
  readonly imagePercentInterval: Interval;
  /** Pictures whose error fell, rose, stayed equal. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** Whether the pictures changed in one direction: paired, two-sided. */
  readonly signedRank: SignedRankTest;
}

/** One error over all pictures: the enhanced versions compared with the originals. */
export interface MetricSummary extends Comparison {
  /** Mean on the originals. */
  readonly original: number;
  /** Mean on the enhanced versions. */
  readonly enhanced: number;
  /** With `ensemble`: the ensemble on the originals, compared with one prediction on the originals. */
  readonly ensemble?: Comparison & {
    readonly mean: number;
    /** The enhanced versions compared with the ensemble: what the change of the picture adds to it. */
    readonly enhancedAgainst: Comparison;
  };
}

export interface EvaluationSummary {
  readonly images: number;
  readonly metrics: Readonly<Record<keyof MatteErrors, MetricSummary>>;
  /** Mean over the changed pictures, dB; `null` when none was changed. */
  readonly psnr: number | null;
  /** The lowest of all pictures, dB; `null` when none was changed. */
  readonly lowestPsnr: number | null;
  /** Mean over all pictures. */
  readonly ssim: number;
  /** Pictures that were returned as they were. */
  readonly unchanged: number;
  /** Mean seconds per picture. */
  readonly seconds: number;
}

/** Some of the pictures, summed up among themselves. */
export interface EvaluationGroup {
  /** `hardest`, or a tag. */
  readonly name: string;
  /** Which pictures these are, in words. */
  readonly rule: string;
  readonly pictures: readonly string[];
  readonly summary: EvaluationSummary;
}

export interface Evaluation {
  readonly rows: readonly EvaluationRow[];
  /** Absent when no picture was measured. */
  readonly summary?: EvaluationSummary;
  /** The worst quarter by initial SAD (of four pictures or more), and each tag. */
  readonly groups: readonly EvaluationGroup[];
  readonly failures: readonly EvaluationFailure[];
  readonly trimapSource: 'predicted' | 'given';
}
