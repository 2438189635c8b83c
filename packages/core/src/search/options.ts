import type {
  Discriminator,
  ForegroundEstimator,
  GeneratorChoice,
  MattingModel,
  ModelChoice,
  PerceptualModel,
  RasterImage,
  TrimapModel,
} from '../contracts';
import { DEFAULT_PARTS } from '../prediction/parts';
import { assertPreset } from './check-options';
import type { OptionsOf, PresetName, Reader, RunFacts, SettingsOf } from './option-table';
import { choice, flag, model, real, signal, size, terms, value, whole } from './option-table';
import { settle } from './settle-options';

const usesComposites: Reader = {
  when: ({ weights }: RunFacts) => weights.compositional > 0,
  unless: 'the weight of the compositional loss is 0',
};
const usesPerceptual: Reader = {
  when: ({ weights }: RunFacts) => weights.perceptual > 0,
  unless: 'the weight of the perceptual loss is 0',
};
/** Far above what anybody waits for: a task of a queue may be a stranger's. */
const MAX_STEPS = 1e6;
/** Pixels of a side. No network or generator is asked for more. */
const MAX_SIDE = 16_384;

const moves: Reader = { when: ({ steps }: RunFacts) => steps > 0, unless: 'steps is 0' };

/**
 * Every option of the search, declared once: types, checks, the settings of a result, the flags of the command line,
 * the schema of the queue and the table of docs/options.md are derived from this.
 */
export const searchOptions = {
  /** The matting model to enhance for; the paper calls it the reference. */
  model: model<ModelChoice<MattingModel>>('matting model', {
    doc: 'matting model to enhance for',
    presets: {
      // No trimap to predict: one network a step instead of two, and better mattes to begin with (docs/models.md).
      fast: DEFAULT_PARTS.matte,
      // Their entropy is that of a trimap which the model reads.
      paper: DEFAULT_PARTS.model,
      official: DEFAULT_PARTS.model,
    },
  }),
  /** The model whose entropy L_em measures, and whose trimap a model that needs one is given. */
  trimap: model<ModelChoice<TrimapModel>>('trimap model', {
    doc: 'trimap model',
    default: DEFAULT_PARTS.trimap,
  }),
  /**
   * What makes the portrait: its latents are searched. A function makes one for the portrait it is given. `fast` moves the
   * layers of the portrait, which every network reads alike; the pyramid changes single pixels, for one network
   * (docs/models.md).
   */
  generator: model<GeneratorChoice>('generator', {
    doc: 'generator whose latent code is searched',
    presets: {
      fast: 'layered',
      paper: DEFAULT_PARTS.generator,
      official: DEFAULT_PARTS.generator,
    },
  }),
  /** Loaded only when the compositional loss is on. */
  discriminator: model<ModelChoice<Discriminator>>('discriminator', {
    doc: 'discriminator of the compositional loss',
    default: DEFAULT_PARTS.discriminator,
    reads: usesComposites,
  }),
  /** Loaded only when the perceptual loss is on. */
  perceptual: model<ModelChoice<PerceptualModel>>('perceptual model', {
    doc: 'network of the perceptual loss',
    default: DEFAULT_PARTS.perceptual,
    reads: {
      when: ({ weights, models, isGiven }: RunFacts) =>
        weights.perceptual > 0 || !(models?.inverts || isGiven('latents')),
      unless: 'the weight of the perceptual loss is 0, and nothing is inverted',
    },
  }),
  /** `'multi-level'`, `'closed-form'` (the paper's Eq. 5), `'blur-fusion'`, or one of your own. */
  foreground: model<ModelChoice<ForegroundEstimator>>('foreground estimator', {
    doc: 'estimator of the foreground colours: multi-level, closed-form, blur-fusion',
    default: DEFAULT_PARTS.foreground,
  }),
  /** Optimisation steps. */
  steps: whole({
    min: 0,
    max: MAX_STEPS,
    doc: 'optimisation steps',
    presets: { fast: 15, paper: 500, official: 500 },
  }),
  /** Adam's step size. */
  learningRate: real({
    open: true,
    doc: "Adam's step size",
    presets: { fast: 2.5e-4, paper: 1e-4, official: 1e-4 },
    reads: moves,
  }),
  /** Coupled (L2) weight decay as in PyTorch's Adam. */
  weightDecay: real({
    doc: 'coupled (L2) weight decay of Adam',
    presets: { fast: 0, paper: 5e-4, official: 0 },
    reads: moves,
  }),
  /** What shares one step size in Adam, see `AdamOptions`. */
  adaptivity: choice(['element', 'tensor'], {
    doc: 'what shares one step size in Adam',
    presets: { fast: 'tensor', paper: 'element', official: 'element' },
    reads: moves,
  }),
  /** Which latents move (paper Table III): both, W+ only, noise maps only. */
  optimize: choice(['both', 'styles', 'noise'], {
    doc: 'which latents move',
    default: 'both',
    reads: moves,
  }),
  /** Weights of the terms of the objective (paper Eq. 2, λ1…λ4). A weight of 0 switches the term off. */
  weights: terms(
    'loss',
    {
      /** λ1, entropy of the trimap model (Eq. 3). Left out for a matting model without trimap. */
      entropy: 'λ1, entropy of the trimap model (Eq. 3)',
      /** λ2, discriminator on the re-composited portrait (Eq. 4). */
      compositional: 'λ2, discriminator on the re-composited portrait (Eq. 4)',
      /** λ3, pixel distance to the input (Eq. 6). */
      consistency: 'λ3, pixel distance to the input (Eq. 6)',
      /** λ4, perceptual distance to the input (Eq. 7). */
      perceptual: 'λ4, perceptual distance to the input (Eq. 7)',
      agreement: 'ours: distance of the predictions to the fixed target, which cannot collapse',
      alphaEntropy: 'ours: entropy of the alpha itself, for models without trimap',
      border: 'as in LSA-Matting: the edges of the unknown region go to what they touch',
    },
    {
      doc: 'weight of each loss',
      presets: {
        fast: {
          entropy: 0,
          compositional: 0,
          consistency: 1,
          perceptual: 0,
          agreement: 1,
          alphaEntropy: 0,
          border: 0,
        },
        paper: {
          entropy: 1,
          compositional: 1,
          consistency: 10,
          perceptual: 10,
          agreement: 0,
          alphaEntropy: 0,
          border: 0,
        },
        // For pictures in [0, 1]: the mean square of [−1, 1], which the authors weigh by 10, is four times as large.
        official: {
          entropy: 1,
          compositional: 1,
          consistency: 40,
          perceptual: 100,
          agreement: 0,
          alphaEntropy: 0,
          border: 0,
        },
      },
    },
  ),
  /**
   * Longest side of the working portrait in pixels, a multiple of 32. Bounded by the models. Generators of fixed size
   * bring their own.
   */
  workingSize: whole({
    min: 64,
    max: MAX_SIDE,
    doc: 'longest side to optimise at, a multiple of 32',
    unit: 'pixels',
    presets: { fast: 512, paper: 1024, official: 1024 },
    reads: {
      when: ({ models, output }: RunFacts) => !models?.fixedSize || output !== 'generated',
      unless: 'the generator brings its own size',
    },
  }),
  /**
   * Longest side at which every loss looks at the portrait of a generator of fixed size, reduced to what the models
   * accept. The generator is the cheap part: 1024² with losses at 512² takes a third of the time.
   */
  lossSize: whole({
    min: 32,
    max: MAX_SIDE,
    doc: 'longest side at which the losses look at the portrait of a generator of fixed size',
    unit: 'pixels',
    otherwise: "the generator's size",
  }),
  /**
   * How pictures come into the frame of the generator. `'letterbox'`: scaled with their aspect ratio kept, and surrounded
   * by their repeated border. `'stretch-nearest'`: stretched to the frame, the photograph by its nearest pixels and
   * backgrounds as Pillow resizes (bicubic), as the paper's authors do.
   */
  fit: choice(['letterbox', 'stretch-nearest'], {
    doc: 'how pictures come into the frame of the generator',
    presets: { fast: 'letterbox', paper: 'letterbox', official: 'stretch-nearest' },
  }),
  /**
   * `[height, width]` to which the portrait is resized (bicubic) for the trimap and the matting model, whatever its shape;
   * their alpha is resized back for the compositional loss. The authors take 800×608 of every portrait.
   */
  networkSize: size({
    min: 32,
    doc: 'size to which the portrait is resized for trimap and matting model, bicubic',
    unit: 'pixels',
    presets: { fast: undefined, paper: undefined, official: [800, 608] },
    otherwise: 'the size of the losses',
  }),
  /**
   * Alpha where the trimap is certain. `'model'`: what the matting model makes of it. `'overwrite'`: the trimap itself, so
   * that a gradient reaches alpha in the unknown region only. For models with a trimap.
   */
  known: choice(['model', 'overwrite'], {
    doc: 'alpha where the trimap is certain: of the matting model, or of the trimap',
    presets: { fast: 'model', paper: 'model', official: 'overwrite' },
    reads: {
      when: ({ models }: RunFacts) => models?.needsTrimap !== false,
      unless: 'the matting model needs no trimap',
    },
  }),
  /** Bring the generated portrait into [0, 1] before the losses see it. */
  clipPortrait: flag({
    doc: 'clip the generated portrait to [0, 1] before the losses see it',
    presets: { fast: true, paper: true, official: false },
  }),
  /** Pixels over which the entropies are averaged. */
  entropyRegion: choice(['image', 'unknown'], {
    doc: 'pixels over which the entropies are averaged',
    presets: { fast: 'unknown', paper: 'image', official: 'image' },
    reads: {
      when: ({ weights }: RunFacts) => weights.entropy > 0 || weights.alphaEntropy > 0,
      unless: 'the weights of both entropies are 0',
    },
  }),
  /** Reduction of L_pc, and of L_pp unless told otherwise: the paper's plain norm (Eq. 6, 7), or the mean square. */
  fidelityReduction: choice(['norm', 'mean-square'], {
    doc: 'how the distances to the input become numbers',
    presets: { fast: 'mean-square', paper: 'norm', official: 'mean-square' },
    reads: {
      when: ({ weights }: RunFacts) => weights.consistency > 0 || weights.perceptual > 0,
      unless: 'the weights of both distances to the input are 0',
    },
  }),
  /** Reduction of L_pp where it is not that of L_pc. The plain sum of squares of the features of LPIPS is LPIPS. */
  perceptualReduction: choice(['same', 'norm', 'mean-square', 'sum-square'], {
    doc: 'how the perceptual distance becomes a number; same: as fidelityReduction',
    presets: { fast: 'same', paper: 'same', official: 'sum-square' },
    reads: usesPerceptual,
  }),
  /** Side to which the portrait is reduced for the perceptual model, by means of blocks; 0: it is not. */
  perceptualSize: whole({
    min: 0,
    doc: 'side to which the portrait is reduced for the perceptual model; 0 = it is not',
    unit: 'pixels',
    presets: { fast: 0, paper: 0, official: 256 },
    reads: usesPerceptual,
  }),
  /**
   * Trust region: the portrait is pulled back towards the start of the search whenever its PSNR against that falls below
   * this. The result, rounded to 8 bits or not, is held to it at its own size. `0` switches it off.
   */
  minPsnr: real({
    doc: 'how close the portrait must stay; 0 = no bound',
    unit: 'dB',
    presets: { fast: 45, paper: 0, official: 0 },
    reads: moves,
  }),
  /**
   * Bound of the change in the result, and of what the losses see: no 8×8 block of the picture, at its own size and at any
   * place, shifts its mean by more than this in a colour channel. Where one would, the change around it is reduced. `0`
   * switches it off.
   */
  maxBlockShift: real({
    doc: 'how far the mean of an 8×8 block may shift; 0 = no bound',
    unit: 'levels of 255',
    presets: { fast: 6, paper: 0, official: 0 },
    reads: moves,
  }),
  /** The same for each pixel by itself: its CIEDE2000 difference from the photo's. `0` switches it off. */
  maxColorDifference: real({
    doc: 'how far the colour of a pixel may move; 0 = no bound',
    unit: 'CIEDE2000',
    presets: { fast: 3, paper: 0, official: 0 },
    reads: moves,
  }),
  /**
   * Let the losses look at the mirror image of the portrait at every other step, so that a change that works by accident
   * of one view does not pay.
   */
  mirror: flag({
    doc: 'let the losses see the mirror image at every other step',
    presets: { fast: true, paper: false, official: false },
    reads: moves,
  }),
  /**
   * The matte of the fixed target, which the agreement loss and the selection aim at. `'views'`: the mean over views of
   * the input. `'refined'`: that mean fitted to the colours of the input with the matting Laplacian, see `refineMatte`.
   */
  target: choice(['views', 'refined'], {
    doc: 'the matte of the fixed target',
    presets: { fast: 'refined', paper: 'views', official: 'views' },
    reads: {
      when: ({ weights, select, steps, judgesTarget }: RunFacts) =>
        judgesTarget || (steps > 0 && (weights.agreement > 0 || select === 'agreement')),
      unless: 'neither the agreement loss nor the selection aims at a target, or steps is 0',
    },
  }),
  /**
   * Which step is returned. `'agreement'`: the one whose predictions, on the portrait and on its mirror image, are nearest
   * to the fixed target, if the portrait's own are nearer than the source's and the mean of both by 2 % or more; `'last'`:
   * the paper.
   */
  select: choice(['agreement', 'last'], {
    doc: 'the step that is returned',
    presets: { fast: 'agreement', paper: 'last', official: 'last' },
  }),
  /** Measure the selection criterion every this many steps. */
  selectEvery: whole({
    min: 1,
    doc: 'measure the criterion of the selection every this many steps',
    unit: 'steps',
    presets: { fast: 5, paper: 10, official: 10 },
    reads: {
      when: ({ select, steps }: RunFacts) => steps > 0 && select === 'agreement',
      unless: "select is 'last', or steps is 0",
    },
  }),
  /** Seeds backgrounds and every other random choice. Same seed, same backend: same bytes. */
  seed: whole({ doc: 'seed of every random choice', default: 0 }),
  /** Backgrounds for L_ca. */
  backgrounds: value<readonly RasterImage[]>('pictures', {
    doc: 'backgrounds for the compositional loss',
    otherwise: 'smooth random ones made from the seed',
    reads: usesComposites,
  }),
  /** A background for each step, as in the paper, or one for the whole run, as its authors do. */
  backgroundEvery: choice(['step', 'run'], {
    doc: 'a random background for each step, or one for the run',
    presets: { fast: 'step', paper: 'step', official: 'run' },
    reads: usesComposites,
  }),
  /**
   * What F of the compositional loss is estimated from: the portrait of the step, as in the paper, or once from the
   * photograph, as its authors do: closed-form alpha of its trimap, then the estimator `foreground`, in 8 bits.
   */
  foregroundFrom: choice(['step', 'original'], {
    doc: 'what the foreground colours are estimated from: the current portrait, or once the photograph',
    presets: { fast: 'step', paper: 'step', official: 'original' },
    reads: usesComposites,
  }),
  /**
   * `'residual'`: source + the change at source resolution; `'generated'`: the generator's picture, as in the paper.
   */
  output: choice(['residual', 'generated'], {
    doc: "photo plus change, or the generator's own picture",
    presets: { fast: 'residual', paper: 'generated', official: 'generated' },
  }),
  /**
   * Where the person fills little of the photo, search the part that `cutOut` sees at its second look: the person with room
   * around, as large as the networks look. The change fades out beyond. Latents and generators of your own belong to the
   * whole photo, which is searched then.
   */
  secondLook: flag({
    doc: 'where the person fills little of the photo, search that part alone, closer',
    presets: { fast: true, paper: false, official: false },
    reads: {
      when: ({ steps, output, isGiven, ownGenerator }: RunFacts) =>
        steps > 0 && output === 'residual' && !isGiven('latents') && !ownGenerator,
      unless:
        "steps is 0, latents or a generator as an object were given too, or output is 'generated'",
    },
  }),
  /** Cancels within one step with an `AbortedError` that carries the best result so far. */
  signal: signal({ doc: 'cancels within one step' }),
} as const;

/** What the search takes, in one flat object. */
export type SearchOptions = OptionsOf<typeof searchOptions>;

/** Weights of the terms of the objective, see `advanced.weights`. */
export type LossWeights = Required<NonNullable<SearchOptions['weights']>>;

/** One value per term of the objective, before weighting. Terms that are off are absent. */
export type LossValues = Partial<Record<keyof LossWeights, number>>;

/** Every value option of the search after defaults; `lossSize` is `Infinity` where it is the generator's. */
export type SearchSettings = Omit<SettingsOf<typeof searchOptions>, 'weights' | 'networkSize'> & {
  readonly preset: PresetName;
  readonly weights: LossWeights;
  /** Absent: the size of the losses. */
  readonly networkSize?: readonly [height: number, width: number];
};

/**
 * Fills in the preset and checks every option.
 *
 * @param path how the caller wrote the name of an option, for messages
 * @throws InvalidOptionError
 */
export function resolveSearch(
  options: SearchOptions & { readonly preset?: PresetName },
  path?: (name: string) => string,
): SearchSettings {
  const preset = options.preset ?? 'fast';
  assertPreset(preset);
  const { lossSize, networkSize, ...settings } = settle(searchOptions, options, preset, path);
  return {
    preset,
    ...settings,
    weights: settings.weights as LossWeights,
    lossSize: lossSize ?? Number.POSITIVE_INFINITY,
    ...(networkSize !== undefined && { networkSize }),
  };
}
