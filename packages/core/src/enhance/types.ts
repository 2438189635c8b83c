import type {
  Discriminator,
  FloatImage,
  ForegroundEstimator,
  Generator,
  GeneratorContext,
  LatentCode,
  MattingModel,
  PerceptualModel,
  RasterImage,
  TrimapModel,
} from '../contracts';
import type { InvertOptions } from '../invert/types';
import type { LatentData } from '../latents/latent-data';

/** Weights of the terms of the objective (paper Eq. 2, λ1…λ4). A weight of 0 switches the term off. */
export interface LossWeights {
  /** λ1, entropy of the trimap model (Eq. 3). Left out for a matting model without trimap (IV-C). */
  entropy: number;
  /** λ2, discriminator on the re-composited portrait (Eq. 4). */
  compositional: number;
  /** λ3, pixel distance to the input (Eq. 6). */
  consistency: number;
  /** λ4, perceptual distance to the input (Eq. 7). */
  perceptual: number;
  /**
   * Not in the paper: distance of the predictions on the enhanced portrait to a *fixed* target, the mean of
   * the predictions on flipped, scaled and colour-changed copies of the input. Cannot collapse.
   */
  agreement: number;
  /**
   * Entropy of the matting model's own alpha, the option of IV-C for models without trimap; averaged over
   * `entropyRegion`. Off in every preset: it pulls semi-transparent hair to 0 or 1.
   */
  alphaEntropy: number;
}

/** One value per term of the objective, before weighting. Terms that are off are absent. */
export type LossValues = Partial<Record<keyof LossWeights, number>>;

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
  /** The working portrait and its matte, every `previewEvery` steps when asked for. */
  readonly preview?: { readonly portrait: FloatImage; readonly alpha: FloatImage };
}

/** Phases of `enhancePortrait`, in order; for progress displays. */
export type EnhancementPhase = 'load' | 'invert' | 'optimize' | 'finish';

export type PresetName = 'fast' | 'paper';

/** A model given by registered name, as an object, or as a factory. */
export type ModelChoice<Model> = string | Model;

export interface EnhanceOptions {
  /** The matting model to enhance for. Default `'compact'`. */
  reference?: ModelChoice<MattingModel>;
  /** Default `'compact'`. */
  trimap?: ModelChoice<TrimapModel>;
  /** Default `'residual-pyramid'`. */
  generator?:
    | ModelChoice<Generator>
    | ((context: GeneratorContext) => Generator | Promise<Generator>);
  /** Default `'compact'`; loaded only when the compositional loss is on. */
  discriminator?: ModelChoice<Discriminator>;
  /** Default `'compact'`; loaded only when the perceptual loss is on. */
  perceptual?: ModelChoice<PerceptualModel>;
  /** `'multi-level'` (default), `'closed-form'` (the paper's Eq. 5), `'blur-fusion'`, or one of your own. */
  foreground?: ModelChoice<ForegroundEstimator>;
  /**
   * The true alpha of the portrait, one channel, any size: F is then estimated with it instead of the predicted
   * alpha (paper Table IV).
   */
  alphaForForeground?: RasterImage;
  /**
   * Latents of the portrait, `(w_o, n_o)` of Algorithm 1: of an earlier `invertPortrait` or `parseLatents`, or
   * tensors, which stay yours. Default: the generator's own inverse; without one, `invertPortrait`.
   */
  latents?: LatentData | LatentCode;
  /** Settings of `invertPortrait`, where it is needed. */
  inversion?: Omit<InvertOptions, 'generator' | 'signal'>;
  /** Which latents move (paper Table III): both (default), W+ only, noise maps only. */
  optimize?: 'both' | 'styles' | 'noise';
  /**
   * Longest side at which every loss looks at the portrait of a generator of fixed size, pixels, reduced to what
   * the models accept. The generator is the cheap part: 1024² with losses at 512² takes a third of the time.
   * Default: the generator's size.
   */
  lossSize?: number;
  /** A named set of defaults for everything below. Default `'fast'`; `'paper'` is the paper to the digit. */
  preset?: PresetName;
  /** Optimisation steps, ≥ 0. */
  steps?: number;
  /** Adam's step size, > 0. */
  learningRate?: number;
  /** What shares one step size in Adam, see `AdamOptions`. Default: `'tensor'` in `fast`, `'element'` in `paper`. */
  adaptivity?: 'element' | 'tensor';
  /** Coupled (L2) weight decay as in PyTorch's Adam, ≥ 0. */
  weightDecay?: number;
  weights?: Partial<LossWeights>;
  /**
   * Longest side of the working portrait in pixels, a multiple of 32. Bounded by the models. Ignored by
   * generators of fixed size.
   */
  workingSize?: number;
  /** Pixels over which the entropy is averaged. `fast`: see presets; the paper: `'image'`. */
  entropyRegion?: 'image' | 'unknown';
  /** Reduction of L_pc and L_pp: the paper's plain norm (Eq. 6, 7), or the mean square. */
  fidelityReduction?: 'norm' | 'mean-square';
  /**
   * Trust region: the portrait is pulled back towards its start whenever PSNR falls below this, in dB.
   * `0` switches it off.
   */
  minPsnr?: number;
  /**
   * Let the losses look at the mirror image of the portrait at every other step, so that a change that works
   * by accident of one view does not pay. Default: true in `fast`, false in `paper`.
   */
  mirror?: boolean;
  /**
   * The matte of the fixed target, which the agreement loss and the selection aim at. `'views'`: the mean over views
   * of the input. `'refined'` (default of `fast`): that mean fitted to the colours of the input with the matting
   * Laplacian, see `refineMatte`.
   */
  target?: 'views' | 'refined';
  /**
   * Which step is returned. `'agreement'`: the one whose predictions, on the portrait and on its mirror image,
   * are nearest to the fixed target of the agreement loss, if the portrait's own are nearer than the source's and
   * the mean of both by 2 % or more; `'last'`: the paper.
   */
  select?: 'agreement' | 'last';
  /** Measure the selection criterion every this many steps. */
  selectEvery?: number;
  /** Seeds backgrounds and every other random choice. Default 0. Same seed, same backend: same bytes. */
  seed?: number;
  /** Backgrounds for L_ca. Default: smooth random backgrounds made from the seed. */
  backgrounds?: readonly RasterImage[];
  /**
   * `'residual'` (default): source + the change at source resolution; `'generated'`: the generator's picture,
   * as in the paper.
   */
  output?: 'residual' | 'generated';
  /** Cancels within one step with an {@link AbortedError} that carries the best result so far. */
  signal?: AbortSignal;
  /** Called at each step of `enhancePortrait`. */
  onProgress?: (step: EnhancementStep) => void;
  /** Called when a phase starts. */
  onPhase?: (phase: EnhancementPhase) => void;
  /** Attach a preview to every n-th step. Default 0: never. */
  previewEvery?: number;
}

/** Trimap and matte of one version of the portrait, both at the size of the source. */
export interface Matte {
  /** `[0, 1]`, one channel. */
  readonly alpha: FloatImage;
  /** 0 = background, 0.5 = unknown, 1 = foreground, one channel. */
  readonly trimap: FloatImage;
  /** Mean entropy of the trimap model over the picture, nats in [0, ln 3]: L_em (paper Eq. 3). */
  readonly entropy: number;
}

/** What `enhancePortrait` found. Plain data: nothing to dispose. */
export interface Enhancement {
  /** The enhanced portrait, RGB, the size of the source. */
  readonly portrait: FloatImage;
  /** Matte of the enhanced portrait. */
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
  /** PSNR of the enhanced portrait against the source, dB; `Infinity` when unchanged. */
  readonly psnr: number;
  /** Seconds spent optimising. */
  readonly seconds: number;
  /** What was run: every option after defaults, and the parts by name. JSON-safe. */
  readonly settings: EnhancementSettings;
  /** Things a user should know, each one sentence: parts left out, no improvement found … */
  readonly warnings: readonly string[];
}

export interface EnhancementSettings {
  readonly preset: PresetName;
  readonly reference: string;
  readonly trimap: string;
  readonly generator: string;
  readonly discriminator: string | null;
  readonly perceptual: string | null;
  readonly foreground: string;
  readonly backend: string;
  readonly steps: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly adaptivity: 'element' | 'tensor';
  readonly weights: LossWeights;
  readonly workingSize: readonly [height: number, width: number];
  /** Size at which the losses looked. */
  readonly lossSize: readonly [height: number, width: number];
  readonly optimize: 'both' | 'styles' | 'noise';
  readonly entropyRegion: 'image' | 'unknown';
  readonly fidelityReduction: 'norm' | 'mean-square';
  readonly minPsnr: number;
  readonly mirror: boolean;
  readonly target: 'views' | 'refined';
  readonly select: 'agreement' | 'last';
  readonly selectEvery: number;
  readonly seed: number;
  readonly output: 'residual' | 'generated';
}
