import type {
  AlphaAndLogits,
  MattingInput,
  MattingModel,
  MattingTraining,
  TrimapModel,
} from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, keepKnown, type TrimapClasses, trimapClasses } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { leaseNetwork } from './lease';
import { MULTIPLE_OF, type PortraitAnswer, type PortraitNetwork } from './network';
import { type Prior, type PriorMap, priorMap } from './prior';
import { type WholeBlocks, wholeBlocks } from './whole-blocks';

export interface PortraitOptions {
  /**
   * Another network whose opinion on where the person is the network hears: any trimap model, matting model without a
   * trimap, or function of the picture. The caller keeps and disposes it. `'none'`: it hears nothing. Default: the
   * segmenter that came with the weights, if any; for `portrait-matting` none: its trimap says the same and more
   */
  readonly prior?: Prior | 'none' | undefined;
}

export interface TrainablePortraitOptions extends PortraitOptions {
  /** Make it of variables, for `fineTune`. Its weights are then its own. Default false. */
  readonly trainable?: boolean | undefined;
}

/**
 * The least side in training. The network runs on less, but unsteadily: on 24 held-out photographs of 160 pixels the
 * trimap's IoU is 0.62 at that size, 0.81 enlarged to 224, 0.85 at 256, 0.86 at 320; on one, which a curve of colours
 * away is a picture of nobody, the search lost the person.
 */
const LEAST_SIDE = 320;

const LICENSE = 'CC-BY-NC-SA-4.0 (weights; trained on non-commercial portraits)';

/** The three models differ in what they ask the one network. */
abstract class PortraitModel extends FrozenNetwork {
  readonly differentiable = 'image';
  readonly input = { multipleOf: MULTIPLE_OF, min: LEAST_SIDE, max: 1024 };
  readonly #network: PortraitNetwork;
  /** Name of the model whose opinion it hears, where it has one. */
  readonly prior: string | undefined;
  readonly #prior: PriorMap | undefined;
  readonly #ownPrior: PriorMap | undefined;
  /** The prior as it was asked for. */
  readonly #given: PortraitOptions['prior'];

  constructor(
    name: string,
    archive: WeightArchive,
    { prior, trainable = false }: TrainablePortraitOptions,
  ) {
    const given = prior === 'none' ? undefined : prior;
    const map = given && priorMap(given);
    const network = leaseNetwork(archive, trainable);
    super(name, LICENSE, network.weights);
    this.#network = network;
    this.#given = prior;
    this.prior = given?.name;
    this.#prior = map;
    this.#ownPrior =
      prior === undefined && network.ownPrior ? priorMap(network.ownPrior) : undefined;
  }

  /**
   * Answers of the network at the size of the picture, which may be any: as many as there are questions, by one pass.
   *
   * @param classes of the trimap, where one is given
   */
  protected ask(
    image: FeatureMap,
    classes: TrimapClasses | undefined,
    ...questions: readonly QuestionName[]
  ): FeatureMap[] {
    return tf.tidy(() => {
      // Another network's opinion may be any function.
      const told = this.#prior?.(image);
      const pass = (given: readonly tf.Tensor[]) => {
        const [picture, ...rest] = given as FeatureMap[];
        const prior = told === undefined ? this.#ownPrior?.(picture) : rest.shift();
        const [unknown, foreground] = rest;
        const blocks = wholeBlocks(picture);
        const answer = this.#network.run(blocks.padded(picture), {
          prior: prior && blocks.padded(prior),
          trimap: classes && oneHot({ unknown, foreground }, blocks),
        });
        return questions.map((question) => blocks.cropped(QUESTIONS[question](answer)));
      };
      const inputs = told === undefined ? [image] : [image, told];
      const constants = classes === undefined ? [] : [classes.unknown, classes.foreground];
      const { passes } = this.#network;
      if (passes === undefined) return pass([...inputs, ...constants]) as FeatureMap[];
      const heard = told !== undefined ? 'told' : this.#ownPrior ? 'own prior' : 'no prior';
      const name = [...questions, heard, `${constants.length} classes`].join(', ');
      return passes.ask(name, pass, inputs, constants) as FeatureMap[];
    });
  }

  /** Whether another model asks the very same network, and hears the very same prior. */
  protected asksLike(model: object): boolean {
    return (
      #network in model && model.#network.run === this.#network.run && model.#given === this.#given
    );
  }
}

const QUESTIONS = {
  logits: (answer: PortraitAnswer) => answer.logits(),
  alpha: (answer: PortraitAnswer): FeatureMap => tf.sigmoid(answer.alphaLogit()),
};
type QuestionName = keyof typeof QUESTIONS;

/** `[N, H, W, 3]`: by broadcasting, since joining channels is slow on wasm. */
function oneHot(
  { unknown, foreground }: Pick<TrimapClasses, 'unknown' | 'foreground'>,
  { padded }: WholeBlocks,
): FeatureMap {
  const level = padded(tf.add(unknown, tf.mul(foreground, 2)));
  const distance = tf.abs(tf.sub<FeatureMap>(level, tf.tensor1d([0, 1, 2])));
  return tf.relu(tf.sub<FeatureMap>(1, distance));
}

/** Where background, unknown and foreground are in a portrait: the first half of matting with a trimap. */
export class PortraitTrimap extends PortraitModel implements TrimapModel {
  /** @throws WeightsError naming every missing, unexpected or misshapen tensor */
  constructor(archive: WeightArchive, options: PortraitOptions = {}) {
    super('portrait-trimap', archive, { ...options, trainable: false });
  }

  logits(image: FeatureMap): FeatureMap {
    return this.ask(image, undefined, 'logits')[0];
  }
}

abstract class PortraitAlpha extends PortraitModel implements MattingModel {
  abstract readonly needsTrimap: boolean;
  readonly variables?: () => Record<string, tf.Variable>;
  readonly train?: MattingTraining;

  constructor(name: string, archive: WeightArchive, options: TrainablePortraitOptions) {
    super(name, archive, options);
    // The network has no batch normalisation: its authors folded it into the trunks.
    Object.assign(
      this,
      this.trainingOf('none', (input) => this.prediction(input)),
    );
  }

  abstract alpha(input: MattingInput): FeatureMap;

  /** Certain pixels of the trimap are kept. */
  protected alphaWithTrimap(input: MattingInput): FeatureMap {
    return tf.tidy(() => {
      const classes = trimapClasses(this.name, input);
      return keepKnown(this.ask(input.image, classes, 'alpha')[0], classes);
    });
  }

  /** Alpha in (0, 1), known pixels of a trimap not replaced. */
  protected abstract prediction(input: MattingInput): FeatureMap;
}

/** Alpha of a portrait given its trimap; certain pixels of the trimap are kept. */
export class PortraitMatting extends PortraitAlpha {
  readonly needsTrimap = true;

  /** @throws WeightsError naming every missing, unexpected or misshapen tensor */
  constructor(archive: WeightArchive, options: TrainablePortraitOptions = {}) {
    super('portrait-matting', archive, { ...options, prior: options.prior ?? 'none' });
  }

  /** @throws InvalidImageError no trimap, or one of another size than the picture */
  alpha(input: MattingInput): FeatureMap {
    return this.alphaWithTrimap(input);
  }

  protected prediction(input: MattingInput): FeatureMap {
    return tf.tidy(() => this.ask(input.image, trimapClasses(this.name, input), 'alpha')[0]);
  }
}

/** Alpha of a portrait from nothing but the picture; certain pixels of a trimap are kept where one is given. */
export class PortraitMatte extends PortraitAlpha {
  readonly needsTrimap = false;
  readonly takesTrimap = true;

  /** @throws WeightsError naming every missing, unexpected or misshapen tensor */
  constructor(archive: WeightArchive, options: TrainablePortraitOptions = {}) {
    super('portrait-matte', archive, options);
  }

  /** @throws InvalidImageError a trimap of another size than the picture */
  alpha(input: MattingInput): FeatureMap {
    // Its prior is heard beside a trimap too: one of its own matte knows no more than it does.
    return input.trimap === undefined ? this.prediction(input) : this.alphaWithTrimap(input);
  }

  protected prediction({ image }: MattingInput): FeatureMap {
    return this.ask(image, undefined, 'alpha')[0];
  }

  alphaAndLogits(image: FeatureMap, trimap: TrimapModel): AlphaAndLogits | undefined {
    if (!this.asksLike(trimap)) return undefined;
    const [alpha, logits] = this.ask(image, undefined, 'alpha', 'logits');
    return { alpha, logits };
  }
}
