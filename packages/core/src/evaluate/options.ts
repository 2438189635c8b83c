import type { MattingModel, ModelChoice, RasterImage } from '../contracts';
import {
  type EnhanceOptions,
  type ResolvedEnhancement,
  resolveEnhancement,
} from '../enhance/options';
import type { Enhancement } from '../enhance/types';
import { InvalidOptionError } from '../errors';
import { callback, choice, flag, type OptionsOf, value, whole } from '../search/option-table';
import { settle } from '../search/settle-options';
import type { EvaluationFailure, EvaluationRow } from './types';

/** What `evaluateMatting` takes besides the options of `enhancePortrait`. */
export const evaluateOptions = {
  /**
   * The trimap the model works with when it is judged. `'predicted'` (default): the one the trimap model predicts, on
   * each version of the picture by itself. `'given'`: the sample's, on both versions.
   */
  trimapSource: choice(['predicted', 'given'], {
    doc: 'the trimap that the model is judged with',
    default: 'predicted',
  }),
  /** Pixels that count. Default: those the sample's trimap calls unknown, or all where it has none. */
  region: choice(['unknown', 'image'], {
    doc: 'pixels that count',
    otherwise: "those that the sample's trimap calls unknown, or all where it has none",
  }),
  /**
   * `'literature'`: `measureMatte`, in `region`. `'official'`: the whole picture as the paper's authors measure, Grad ÷ 10;
   * rows hold the right values, and beside them (`official`) what their code prints, in which SAD and MSE wrap around.
   */
  protocol: choice(['literature', 'official'], {
    doc: "how mattes are measured: as most papers do, or as this paper's authors (whole picture, Grad ÷ 10)",
    default: 'literature',
  }),
  /**
   * Also judge the fixed target by itself (see `advanced.target`): the model's mean matte over mirrored, recoloured and
   * (predicted trimap) windowed views of the *original* picture, refined or not. Nothing is enhanced.
   */
  judgeTarget: flag({ doc: 'also judge the fixed target by itself', default: false }),
  /** Other matting models that judge the same pictures, before and after: what one model gains, others may lose. */
  transferTo: value<readonly ModelChoice<MattingModel>[]>('matting models', {
    doc: 'other matting models that judge the same pictures',
    otherwise: 'none',
  }),
  /** Called after each picture that was measured. */
  onRow: callback<(row: EvaluationRow, index: number) => void>({
    doc: 'called after each picture that was measured',
  }),
  /** Called after each picture that could not be measured. */
  onFailure: callback<(failure: EvaluationFailure) => void>({
    doc: 'called after each picture that could not be measured',
  }),
  /** Resamples for the intervals; they are drawn with `advanced.seed`. */
  resamples: whole({ min: 1, doc: 'resamples for the intervals', default: 2000 }),
  /**
   * What is judged. Default `enhancePortrait`, with models loaded once for all pictures; give another function to compare
   * a baseline, or to enhance in a worker.
   */
  enhance: callback<(image: RasterImage, options: EnhanceOptions) => Promise<Enhancement>>({
    doc: 'what is judged',
    otherwise: '`enhancePortrait`',
  }),
} as const;

type OwnOptions = OptionsOf<typeof evaluateOptions>;

/** What `evaluateMatting` takes. */
export interface EvaluateOptions extends EnhanceOptions, OwnOptions {}

export interface ResolvedEvaluation extends ResolvedEnhancement {
  /** What is left for `enhance`. */
  readonly enhance: EnhanceOptions;
}

/** @throws InvalidOptionError */
export function resolveEvaluation(options: EvaluateOptions): ResolvedEvaluation {
  const own = new Set(Object.keys(evaluateOptions));
  const enhance: EnhanceOptions = Object.fromEntries(
    Object.entries(options).filter(([key]) => !own.has(key)),
  );
  const { protocol, region } = settle(evaluateOptions, options, 'fast');
  if (protocol === 'official' && region !== undefined && region !== 'image') {
    throw new InvalidOptionError(
      `region is "${region}", and the protocol "official" measures whole pictures.`,
      'Leave region out, or use the protocol "literature".',
    );
  }
  const facts = { judgesTarget: options.judgeTarget === true };
  const resolved = resolveEnhancement(enhance, 'evaluateMatting', [...own], facts);
  return { ...resolved, enhance };
}
