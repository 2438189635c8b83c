import { assertKnownKeys, assertOptions } from '../assert-options';
import type {
  ForegroundEstimator,
  MattingModel,
  ModelChoice,
  RasterImage,
  TrimapModel,
} from '../contracts';
import { DEFAULT_PARTS } from '../prediction/parts';
import {
  callback,
  flag,
  type ModelFacts,
  model,
  type OptionsOf,
  type SettingsOf,
  signal,
  value,
  whole,
} from '../search/option-table';
import { settle, unreadOptions } from '../search/settle-options';
import { parseColor } from './parse-color';
import type { CutOutPreview } from './types';

/** Every option of `matte`. Those of `advanced` are there too, see `ADVANCED`. */
export const matteOptions = {
  /** The matting model. */
  model: model<ModelChoice<MattingModel>>('matting model', {
    doc: 'matting model',
    default: DEFAULT_PARTS.matte,
  }),
  /** Another network whose opinion on where the person is the model hears, where it takes one. */
  prior: model<ModelChoice<MattingModel>>('matting model', {
    doc: 'matting model whose opinion on where the person is the model hears: `mediapipe-selfie`',
    otherwise: 'none',
  }),
  /** Fit soft pixels of the matte to the colours of the photo, see `refineMatte`. What is certain is not moved. */
  refine: flag({
    doc: 'fit soft pixels of the matte to the colours of the photo',
    default: true,
  }),
  /**
   * Where the person fills little of the photo, look again at them alone, closer: twice the time, a better matte (held-out
   * photographs: docs/models.md).
   */
  secondLook: flag({
    doc: 'look again at the person alone, closer, where they fill little of the photo',
    default: true,
  }),
  /**
   * Look once more at the edges alone, one and a half times as large, where the model can: `portrait-matte`, and models of yours
   * with `takesTrimap`. Two and a quarter times a look, edges a tenth better (held-out photographs: docs/models.md).
   */
  edgeLook: flag({
    doc: 'look once more at the edges alone, closer, where the model takes a trimap that it does not need',
    default: true,
    reads: {
      when: ({ models }) => models?.looksAtEdges !== false,
      unless: 'the matting model takes no trimap beside its own look, or sees no larger',
    },
  }),
  /**
   * Where nobody is surely found (`confidence` below 0.8), look at the photo on its sides and on its head, for photos that lost
   * their orientation and for people who lie. Then `turned` in the result says so, and `warnings`.
   */
  turnedLooks: flag({
    doc: 'look at the photo on its sides and on its head where nobody is surely found in it',
    default: true,
  }),
  /** Cancels with an `AbortedError`. */
  signal: signal({ doc: 'cancels' }),
  /** Told the share that is done, in [0, 1]. */
  onProgress: callback<(done: number) => void>({ doc: 'told the share that is done, in [0, 1]' }),
  /** The trimap model, for a matting model that needs a trimap. */
  trimap: model<ModelChoice<TrimapModel>>('trimap model', {
    doc: 'trimap model, for a matting model that needs a trimap',
    default: DEFAULT_PARTS.trimap,
    reads: {
      when: ({ models }) => models?.needsTrimap !== false,
      unless: 'the matting model needs no trimap',
    },
  }),
  /** Longest side at which the networks look, pixels. Bounded by the models. */
  workingSize: whole({
    min: 64,
    doc: 'longest side at which the networks look',
    unit: 'pixels',
    default: 512,
  }),
} as const;

/** What `cutOut` takes besides. */
export const cutOutOptions = {
  /**
   * Shown the person as the first look sees them, before closer looks and the fit to the colours: something to look at in a
   * third of the time. Its pictures are as large as the networks look.
   */
  onPreview: callback<(preview: CutOutPreview) => void>({
    doc: 'shown the person as the first look sees them, before the result',
  }),
  /** A CSS hex colour (`#fff`, `#1e90ff`) or a picture, which covers the photo's frame. The image is then opaque. */
  background: value<string | RasterImage>('a CSS hex colour, or a picture', {
    doc: 'what the person is laid on',
    otherwise: 'nothing: the image is transparent',
  }),
  /** `'multi-level'`, `'closed-form'`, `'blur-fusion'`, or one of your own. */
  foreground: model<ModelChoice<ForegroundEstimator>>('foreground estimator', {
    doc: 'estimator of the foreground colours: multi-level, closed-form, blur-fusion',
    default: DEFAULT_PARTS.foreground,
  }),
} as const;

/** Options that only research needs. */
const ADVANCED = ['trimap', 'workingSize'] as const;
type Advanced = (typeof ADVANCED)[number];

type OwnMatteOptions = OptionsOf<typeof matteOptions>;

/** Options of `matte` and `cutOut` for research. All have defaults. */
export interface AdvancedMatteOptions extends Pick<OwnMatteOptions, Advanced> {}

/** What `matte` takes. None is needed. */
export interface MatteOptions extends Omit<OwnMatteOptions, Advanced> {
  /** Options for research. */
  advanced?: AdvancedMatteOptions;
}

/** What `cutOut` takes. None is needed. */
export interface CutOutOptions extends MatteOptions, OptionsOf<typeof cutOutOptions> {}

/** Every option in one flat object, with its settings after defaults. */
export interface ResolvedCutOut {
  readonly request: OwnMatteOptions & OptionsOf<typeof cutOutOptions>;
  readonly settings: SettingsOf<typeof matteOptions>;
}

const all = { ...matteOptions, ...cutOutOptions };
const isAdvanced = (name: string): boolean => ADVANCED.includes(name as Advanced);
const pathOf = (name: string): string => (isAdvanced(name) ? `advanced.${name}` : name);

/** One sentence for each option that was given and that nothing reads. */
export const unreadByMatte = (
  request: ResolvedCutOut['request'],
  models: Pick<ModelFacts, 'needsTrimap' | 'looksAtEdges'>,
): string[] =>
  unreadOptions(matteOptions, request, { weights: {}, steps: 0, select: 'last', models }, pathOf);

/** Checks every option. @throws InvalidOptionError an unknown key, or a value of the wrong type or range */
export function resolveCutOut(options: CutOutOptions): ResolvedCutOut {
  return resolve(options, all, 'cutOut');
}

/** {@link resolveCutOut} for `matte`. */
export function resolveMatte(options: MatteOptions): ResolvedCutOut {
  return resolve(options, matteOptions, 'matte');
}

function resolve(
  options: CutOutOptions,
  table: typeof matteOptions | typeof all,
  where: string,
): ResolvedCutOut {
  assertOptions(options, 'options');
  const { advanced = {}, ...top } = options;
  assertOptions(advanced, 'advanced');
  const names = Object.keys(table).filter((name) => !isAdvanced(name));
  const inside = Object.fromEntries(ADVANCED.map((name) => [name, pathOf(name)]));
  assertKnownKeys(top, [...names, 'advanced'], where, inside);
  const outside = Object.fromEntries(names.map((name) => [name, `${name}, outside of advanced`]));
  assertKnownKeys(advanced, ADVANCED, 'advanced', outside);
  const request = { ...advanced, ...top };
  const settings = settle(table, request, 'fast', pathOf);
  if (typeof request.background === 'string') parseColor(request.background, 'background');
  return { request, settings };
}

/** How `cutOut` makes a matte when nothing else is asked for. */
export const CUT_OUT_RULES: ResolvedCutOut['settings'] = resolveMatte({}).settings;
