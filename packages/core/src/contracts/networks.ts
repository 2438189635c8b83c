import type { Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Differentiability, InputSizeRule, ModelInfo } from './model-info';
import type { FloatImage, RasterImage } from './raster-image';

/**
 * Estimates, for each pixel, whether it is background, unknown or foreground (`M_t`, paper III-B1).
 * The argmax is the trimap; the entropy of the softmax is L_em (Eq. 3).
 */
export interface TrimapModel extends ModelInfo {
  readonly differentiable: Differentiability;
  readonly input: InputSizeRule;
  /** RGB `[N, H, W, 3]` in [0, 1] → logits `[N, H, W, 3]`, channels background, unknown, foreground. */
  logits(image: Tensor4D): Tensor4D;
  dispose(): void;
}

/** What a {@link MattingModel} is given. */
export interface MattingInput {
  /** RGB `[N, H, W, 3]` in [0, 1]. */
  readonly image: Tensor4D;
  /** `[N, H, W, 1]` with 0 = background, 0.5 = unknown, 1 = foreground. Present when `needsTrimap`. */
  readonly trimap?: Tensor4D;
}

/** What the factory of a matting model is given; it may ignore it. */
export interface MattingContext {
  /** Another network's opinion on where the person is. The caller keeps and disposes it. */
  readonly prior?: MattingModel;
}

/** Estimates the transparency of each pixel (`M_α`). Any network can be one: see the adapters. */
export interface MattingModel extends ModelInfo {
  readonly needsTrimap: boolean;
  /** Whether it takes a trimap where one is given, though it needs none: `cutOut` then asks it about edges alone. Default false. */
  readonly takesTrimap?: boolean | undefined;
  /** Name of the network whose opinion on where the person is it hears, where it was made with one. */
  readonly prior?: string | undefined;
  readonly differentiable: Differentiability;
  readonly input: InputSizeRule;
  /** Alpha `[N, H, W, 1]` in [0, 1], the size of the input image. */
  alpha(input: MattingInput): Tensor4D;
  /**
   * What a trimap model and this one, without a trimap, say of one picture, by one pass: the values of `logits` and `alpha`,
   * owned by the caller. Optional, for models that are two questions to one network; `undefined`: it is not that trimap
   * model's network.
   *
   * @param image RGB `[N, H, W, 3]` in [0, 1]
   */
  alphaAndLogits?(image: Tensor4D, trimap: TrimapModel): AlphaAndLogits | undefined;
  /** Trainable tensors by name. Present when the model can be fine-tuned. */
  variables?(): Record<string, Variable>;
  /** What else training needs. Present when the model can be fine-tuned. */
  readonly train?: MattingTraining;
  dispose(): void;
}

/** Answers of two models to one picture. */
export interface AlphaAndLogits {
  /** `[N, H, W, 1]`, as of {@link MattingModel.alpha}. */
  readonly alpha: Tensor4D;
  /** `[N, H, W, 3]`, as of {@link TrimapModel.logits}. */
  readonly logits: Tensor4D;
}

/** Where batch normalisation takes mean and variance from: the batch, or the running statistics of earlier ones. */
export type NormalizationMode = 'batch' | 'frozen';

/** The side of a {@link MattingModel} that training uses. It works on the model's own variables. */
export interface MattingTraining {
  /** How the authors trained the network, the default of fine-tuning; `'none'`: it has no batch normalisation. */
  readonly normalization: NormalizationMode | 'none';
  /**
   * Alpha `[N, H, W, 1]` for a loss: differentiable with respect to the variables, not clipped to [0, 1], and known
   * pixels of the trimap need not be replaced. In `'batch'` mode it also updates the running statistics.
   */
  alpha(input: MattingInput, mode: NormalizationMode): Tensor4D;
  /**
   * The whole loss of a network that learns more than alpha, in place of fine-tuning's own: several tasks, or colours. One
   * pass: {@link alpha} is not called beside it. Absent: the loss of alpha alone.
   */
  objective?(
    input: MattingInput,
    mode: NormalizationMode,
    truth: TrainingTruth,
  ): { readonly total: Scalar; readonly alpha: Tensor4D };
  /** What training changes without a gradient, by name: running statistics. */
  state(): Record<string, Variable>;
  /** The weights under the names and in the layout of the network's file, as its loader reads them back. */
  weights(): Promise<readonly NamedWeights[]>;
}

/** What is known of the pictures of a batch, `[N, H, W, ·]`. */
export interface TrainingTruth {
  /** True alpha, in [0, 1]. */
  readonly alpha: Tensor4D;
  /** Difference of the colours of the layers, F − B, in [−1, 1]; 0 in all channels where it is not known. */
  readonly contrast: Tensor4D;
  /** The loss of fine-tuning for a predicted alpha, mean over the pixels where `region`, `[N, H, W, 1]`, is 1. */
  alphaLoss(predicted: Tensor4D, region: Tensor4D): Scalar;
}

/** One tensor of {@link MattingTraining.weights}, row-major. */
export interface NamedWeights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tells a real portrait from a re-composited one (`D`, paper III-B2). */
export interface Discriminator extends ModelInfo {
  readonly input: InputSizeRule;
  /** RGB `[N, H, W, 3]` in [0, 1] → logits `[N, 1]`; positive means real. No sigmoid. */
  score(image: Tensor4D): Tensor2D;
  /**
   * `score` cut into consecutive pieces, so that gradients can be taken piece by piece with less memory. The first
   * takes `[image]`, the last returns `[logits]`.
   */
  segments?(): readonly DiscriminatorSegment[];
  dispose(): void;
}

/** One piece of a discriminator: pure and differentiable. */
export interface DiscriminatorSegment {
  readonly name: string;
  /** May return tensors of `state` as they are. */
  run(state: readonly Tensor[]): Tensor[];
}

/** Features whose distance resembles perceived difference (`V`, Eq. 7). */
export interface PerceptualModel extends ModelInfo {
  readonly input: InputSizeRule;
  /** RGB `[N, H, W, 3]` in [0, 1] → feature map `[N, h, w, C]`. */
  features(image: Tensor4D): Tensor4D;
  dispose(): void;
}

/** The two layers of a portrait, RGB `[1, H, W, 3]` in [0, 1]. */
export interface PortraitLayers {
  readonly foreground: Tensor4D;
  readonly background: Tensor4D;
}

/** The two layers of a plain picture, RGB. */
export interface ImageLayers {
  readonly foreground: FloatImage;
  readonly background: FloatImage;
}

/** Splits a portrait into its layers given alpha (paper Eq. 5). */
export interface ForegroundEstimator extends ModelInfo {
  /**
   * `image`: gradients flow from the layers to the image and to alpha, and `estimate` is synchronous.
   * `none`: the layers are constants of the step, and `estimate` may be asynchronous.
   */
  readonly differentiable: Differentiability;
  /** RGB `[1, H, W, 3]` and alpha `[1, H, W, 1]`, both in [0, 1] → layers, owned by the caller. */
  estimate(image: Tensor4D, alpha: Tensor4D): PortraitLayers | Promise<PortraitLayers>;
  /**
   * The same on plain pictures, RGB and one channel, of any size, without room on the device. Optional: the
   * result of an enhancement, which is as large as the photograph, is estimated with it.
   */
  estimateImage?(image: FloatImage, alpha: FloatImage): Promise<ImageLayers>;
  /**
   * The foreground alone, of a picture of any depth, in less memory. Optional, and preferred to `estimateImage` for the
   * result of an enhancement. Where nothing of it shows, it may be anything.
   */
  estimateForeground?(image: RasterImage, alpha: FloatImage): Promise<FloatImage>;
}
