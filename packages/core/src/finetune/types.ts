import type { NormalizationMode, RasterImage } from '../contracts';
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

/** What is done to an example before the model sees it. Every field has a default. */
export interface AugmentOptions {
  /** Probability of a mirror image. Default 0.5. */
  flip?: number;
  /** Strength of the change of brightness, colour balance, gamma and saturation. Default 1. */
  color?: number;
  /** Probability of a slight blur. Default 0.2. */
  blur?: number;
  /** Probability of JPEG artefacts, quality 40 to 95. Default 0.3. */
  jpeg?: number;
  /** Probability of noise. Default 0.5. */
  noise?: number;
  /** Largest rotation, radians. Default 0.25 for crops, 0.15 for whole portraits. */
  rotation?: number;
  /** Largest growth of the unknown region, pixels. Default 16. */
  trimapGrowth?: number;
}

export type MetricName = keyof MatteErrors;

export interface FineTuneOptions {
  /** Generated pairs. This or `real`, or both. */
  pairs?: PairSource;
  /** Pairs with real mattes, mixed in. */
  real?: PairSource;
  /** Share of examples drawn from `pairs` where there are both, in [0, 1]. Default 0.5. */
  ratio?: number;
  /**
   * Share of examples whose foreground is laid over another background, in [0, 1]; the others are taken as they are.
   * Default 0.75. The foreground is estimated once per pair.
   */
  composite?: number;
  /** Backgrounds to compose with. Default: smooth random ones, made from the seed. */
  backgrounds?: readonly RasterImage[];
  /** Pairs to choose the best weights with. They must not be among the others. Without: the last weights are kept. */
  validation?: PairSource;
  /** Updates, ≥ 1. Default 1000. */
  steps?: number;
  /** Examples per update. Default 4. */
  batch?: number;
  /** Side of the examples, pixels, a size the model takes. Default 320 for crops, 512 for whole portraits. */
  crop?: number;
  /**
   * `'crop'`: a window around a pixel of the unknown region. `'portrait'`: head and shoulders. Default: by whether the
   * model needs a trimap.
   */
  framing?: 'crop' | 'portrait';
  /** Default `'adam'`. */
  optimizer?: 'adam' | 'adamw';
  /** Largest step size. Default 1e-5, as the published trainers of IndexNet and (adaptation) MODNet. */
  learningRate?: number;
  /** Coupled with `'adam'`, decoupled with `'adamw'`. Default 0 and 0.01. */
  weightDecay?: number;
  /** Updates over which the step size rises; then it falls as a cosine. Default: a twentieth of `steps`, at most 100. */
  warmUpSteps?: number;
  /** Where the step size ends, as a share of the largest. Default 0.01. */
  learningRateFloor?: number;
  /** Largest norm of all gradients together; 0 = no clipping. Default 1. */
  clipNorm?: number;
  /**
   * Decay of the moving average of the weights, in [0, 1); 0 = none. What is validated and kept is the average, which
   * wavers less than the weights of any single update. Of the first updates d = min(averageDecay, (1 + t) / (10 + t)).
   * Default 0.999.
   */
  averageDecay?: number;
  losses?: Partial<MattingLossWeights>;
  augment?: AugmentOptions;
  /**
   * Batch normalisation: by the statistics of each batch, which also move the running ones, or frozen. Default: as the
   * authors of the network trained it (`model.train.normalization`).
   */
  normalization?: NormalizationMode;
  /** Which variables move, by name. Default: all. */
  trainable?: (name: string) => boolean;
  /** Measure on `validation` every this many updates, and at the end. Default 100. */
  validateEvery?: number;
  /** The error that decides which weights are best. Default `'sad'`. */
  select?: MetricName;
  /** Stop after this many validations without a new best. Default 10; `Infinity`: never. */
  patience?: number;
  /** Pixels that are measured. Default: the unknown region for models with a trimap, otherwise the whole picture. */
  region?: 'unknown' | 'image';
  /** Call `onCheckpoint` every this many updates, and at the end. Default 100. */
  checkpointEvery?: number;
  /** Given everything that is needed to go on, a safetensors file. The training waits for it. */
  onCheckpoint?: (bytes: Uint8Array, step: number) => void | Promise<void>;
  /** A checkpoint to go on from. Model, data and options must be those of its training. */
  resume?: Uint8Array;
  /** Bytes that prepared pairs may take in memory. Default 2e9. */
  memory?: number;
  /** Seeds every random choice. Default 0. */
  seed?: number;
  /** Stops after the current update with an `AbortedError` whose `best` is a {@link FineTuning}. */
  signal?: AbortSignal;
  /** Called at each step of `fineTune`. */
  onProgress?: (step: FineTuneStep) => void;
  /** Called as pairs are read and their foregrounds estimated, before the first step. */
  onPrepare?: (progress: { loaded: number; total: number | undefined }) => void;
}

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

/** What `fineTune` did. Plain data; the model holds the best weights. */
export interface FineTuning {
  readonly model: string;
  /** Updates made. */
  readonly steps: number;
  /** The step whose weights the model holds. 0 = no step was better than the start. */
  readonly bestStep: number;
  readonly stoppedEarly: boolean;
  /** Means over the validation pairs before the first update; absent without `validation`. */
  readonly before?: MatteErrors;
  /** The same with the weights the model holds now. */
  readonly after?: MatteErrors;
  /** One entry per step. */
  readonly history: readonly FineTuneRecord[];
  readonly seconds: number;
  readonly settings: FineTuneSettings;
}

/** Every option after defaults. JSON-safe. */
export interface FineTuneSettings {
  readonly model: string;
  readonly ratio: number;
  readonly composite: number;
  readonly steps: number;
  readonly batch: number;
  readonly crop: number;
  readonly framing: 'crop' | 'portrait';
  readonly optimizer: 'adam' | 'adamw';
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly warmUpSteps: number;
  readonly learningRateFloor: number;
  readonly clipNorm: number;
  readonly averageDecay: number;
  readonly losses: MattingLossWeights;
  readonly augment: Required<AugmentOptions>;
  readonly normalization: NormalizationMode;
  readonly validateEvery: number;
  readonly select: MetricName;
  /** `null`: never. */
  readonly patience: number | null;
  readonly region: 'unknown' | 'image';
  readonly seed: number;
}
