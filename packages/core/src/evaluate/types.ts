import type { RasterImage } from '../contracts';
import type { MatteErrors, OfficialErrors } from '../metrics';
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

/** What one model says of a picture before and after. */
export interface JudgedErrors {
  readonly original: MatteErrors;
  readonly enhanced: MatteErrors;
}

/** One picture: the reference model on the original against the reference model on the enhanced version. */
export interface EvaluationRow {
  readonly name: string;
  readonly original: MatteErrors;
  readonly enhanced: MatteErrors;
  /** With `judgeTarget`: the fixed target, made from the original, nothing enhanced. */
  readonly target?: MatteErrors;
  /** With `transferTo`: what each says of the same two versions, by its name. */
  readonly judges?: Readonly<Record<string, JudgedErrors>>;
  /** With the protocol `'official'`: what the authors' code prints, and what it means; `original` has the right values. */
  readonly official?: Readonly<Record<'original' | 'enhanced', OfficialErrors>>;
  /** Enhanced against original picture, dB; `Infinity` when unchanged. */
  readonly psnr: number;
  /** As `psnr`, structural similarity; 1 when unchanged. */
  readonly ssim: number;
  /** Wall-clock seconds of the enhancement alone. */
  readonly seconds: number;
  /** The step that was returned; 0 = the original. */
  readonly bestStep: number;
  readonly tags?: readonly string[];
  /** What is odd about the sample and did not stop it: a trimap of other grey levels than 0, 128 and 255. */
  readonly warnings?: readonly string[];
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
  /** With `judgeTarget`: the target on the originals, compared with one prediction on the originals. */
  readonly target?: Comparison & {
    readonly mean: number;
    /** The enhanced versions compared with the target: what the change of the picture adds to it. */
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
  /** Options that nothing read, one sentence each; absent without any. */
  readonly warnings?: readonly string[];
}
