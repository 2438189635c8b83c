import type { FloatImage } from '../contracts';
import type { CutOutLayers } from '../cutout/types';
import type { Region } from '../imaging/crop-image';
import type { Matte } from '../prediction/matte';
import type { LossValues, SearchSettings } from '../search/options';

/** What `enhancePortraitSteps` yields. */
export interface EnhancementStep {
  /** 0 = the portrait before the first update. */
  readonly step: number;
  readonly steps: number;
  /** Each term before weighting. */
  readonly losses: LossValues;
  /** The weighted sum that was minimised. */
  readonly total: number;
  /** PSNR of the working portrait against its start, dB; `Infinity` at step 0. */
  readonly psnr: number;
  /** The selection criterion (lower is better) where it was measured at this step. */
  readonly criterion?: number;
  /** The best step so far by the criterion. */
  readonly best: number;
  /** Seconds since the first step. */
  readonly elapsedSeconds: number;
  /** Estimated seconds to the end. */
  readonly remainingSeconds: number;
  /** The working portrait, of the part that is searched, and its matte, every `previewEvery` steps when asked for. */
  readonly preview?: { readonly portrait: FloatImage; readonly alpha: FloatImage };
}

/** Phases of `enhancePortrait`, in order; for progress displays. */
export type EnhancementPhase = 'load' | 'invert' | 'optimize' | 'finish';

/**
 * Why the photograph was left as it was. `'target-unsure'`: views and mattes contradict each other about where the person
 * is, and nothing was searched; `'no-step-nearer'`: no step came nearer to the target; `'person-lost'`: the model lost a
 * part of the person in the portrait that was found.
 */
export type KeptReason = 'target-unsure' | 'no-step-nearer' | 'person-lost';

/** What `enhancePortrait` found. Plain data: nothing to dispose. */
export interface Enhancement {
  /** The enhanced portrait, RGB, the size of the source. */
  readonly portrait: FloatImage;
  /**
   * What to cut the person out with, `[0, 1]`, one channel, the size of the source: the model's matte of the enhanced
   * portrait, with its soft pixels fitted to the colours. With `output: 'generated'` the model's matte itself.
   */
  readonly alpha: FloatImage;
  /** The person cut out of the source, as `cutOut` does it, with the model of the search. */
  readonly before: CutOutLayers;
  /** The same of the enhanced portrait: {@link alpha} and {@link foreground}. That of the source where it was left as it was. */
  readonly after: CutOutLayers;
  /** Matte of the enhanced portrait as the model makes it. */
  readonly enhanced: Matte;
  /** Matte of the source. */
  readonly original: Matte;
  /**
   * Colours of the person without background, RGB, the size of the source: those of the source, or of the generated
   * portrait where that is the output.
   */
  readonly foreground: FloatImage;
  /** One entry per step, without previews. */
  readonly history: readonly EnhancementStep[];
  /** The step that was returned. 0 = no step was better than the source by the criterion. */
  readonly bestStep: number;
  /** Present where the photograph was left as it was though steps were asked for. */
  readonly kept?: KeptReason;
  /** The part of the photo that was searched, in its pixels; absent where that was all of it. */
  readonly region?: Region;
  /**
   * How sure it is that the target is right, in [0, 1]: the share of the person about which views and mattes agree.
   * Present where the search aims at a target.
   */
  readonly confidence?: number;
  /** PSNR of the enhanced portrait against the source, dB; `Infinity` when unchanged. */
  readonly psnr: number;
  /** Seconds spent optimising. */
  readonly seconds: number;
  /** What was run: every option after defaults, and the parts by name. JSON-safe. */
  readonly settings: EnhancementSettings;
  /** Things a user should know, each one sentence: parts left out, no improvement found … */
  readonly warnings: readonly string[];
}

/** Every option after defaults, and the parts by name. JSON-safe. */
export interface EnhancementSettings extends Omit<SearchSettings, 'workingSize' | 'lossSize'> {
  readonly model: string;
  /** Further models that the losses looked through. */
  readonly companions: readonly string[];
  readonly trimap: string;
  readonly generator: string;
  readonly discriminator: string | null;
  readonly perceptual: string | null;
  /** Models that only judged. */
  readonly judges: readonly string[];
  readonly foreground: string;
  readonly backend: string;
  readonly workingSize: readonly [height: number, width: number];
  /** Size at which the losses looked. */
  readonly lossSize: readonly [height: number, width: number];
}
