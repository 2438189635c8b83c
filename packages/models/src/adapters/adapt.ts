import {
  type InputSizeRule,
  type MattingInput,
  type MattingModel,
  type MattingTraining,
  ModelOutputError,
  SPEC_VERSION,
  type TrimapModel,
} from '@latent-matte/core';
import { NetworkPasses } from '@latent-matte/core/internal';
import { installCorrections, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { keepKnown, trimapClasses } from '../layers/trimap-network';
import { alphaFrom, logitsFrom } from './answer';
import { checkDescription } from './check-description';
import type { AdapterDescription, MattingDescription, TrimapDescription } from './description';
import { requirePath } from './gradient-path';
import { type NetworkInputs, networkInputs } from './network-input';
import { fitting, inputRule } from './working-size';

/** A user's network: prepared tensors in, raw answer out. What it makes belongs to the caller. */
export interface AdaptedNetwork {
  readonly run: (inputs: NetworkInputs, training: boolean) => tf.Tensor;
  /** Its file fixes the batch to one: several pictures go through it one after the other. */
  readonly single?: boolean;
  /** The same operations for the same shapes, with weights that stay, so that a pass may be compiled. */
  readonly pure?: boolean;
  /** Where it can be trained: what gradients move, by name. */
  readonly variables?: () => Record<string, tf.Variable>;
  /** What else it holds: running statistics. */
  readonly state?: () => Record<string, tf.Variable>;
  /** Called once. */
  readonly dispose?: () => void;
}

/** The model that a description makes of a kind. */
export type AdaptedModel<D extends AdapterDescription> = D extends MattingDescription
  ? MattingModel
  : TrimapModel;

/**
 * Puts a description around a network.
 *
 * @throws InvalidOptionError a description with a value out of range
 */
export function adapt<D extends AdapterDescription>(
  network: AdaptedNetwork,
  description: D,
): AdaptedModel<D> {
  checkDescription(description);
  installCorrections();
  const given: AdapterDescription = description;
  const model =
    given.kind === 'matting'
      ? new AdaptedMatting(network, given)
      : new AdaptedTrimap(network, given);
  return model as MattingModel | TrimapModel as AdaptedModel<D>;
}

abstract class Adapted<D extends AdapterDescription> {
  readonly specVersion = SPEC_VERSION;
  readonly name: string;
  readonly license: string;
  readonly differentiable: 'image' | 'none';
  readonly input: InputSizeRule;
  protected readonly description: D;
  #network: AdaptedNetwork | undefined;
  readonly #passes = new NetworkPasses();

  constructor(network: AdaptedNetwork, description: D) {
    this.#network = network;
    this.description = description;
    this.name = description.name;
    this.license = description.license ?? 'unknown';
    this.differentiable = description.differentiable ?? 'image';
    this.input = inputRule(description.input?.size);
  }

  /** Runs `f`; a gradient either flows through it or is known not to. */
  protected follow(image: tf.Tensor4D, f: () => tf.Tensor4D): tf.Tensor4D {
    const tidy = () => tf.tidy(f);
    return this.differentiable === 'none'
      ? stopGradient(tidy)
      : requirePath(this.name, image, tidy);
  }

  protected run(inputs: NetworkInputs, training = false): tf.Tensor {
    if (this.#network === undefined) {
      throw new ModelOutputError(`"${this.name}" was disposed.`, 'Make a new one.');
    }
    const answer = runSingly(this.#askable(this.#network), inputs, training);
    if (answer instanceof tf.Tensor) return answer;
    throw new ModelOutputError(
      `"${this.name}" answered no tensor${isPromise(answer) ? ' but a promise' : ''}.`,
      'Let it return a tensor at once; answers that come later do not fit.',
    );
  }

  /** The network, its passes compiled where that is worth it. */
  #askable(network: AdaptedNetwork): Pick<AdaptedNetwork, 'run' | 'single'> {
    if (network.pure !== true) return network;
    const { single } = network;
    return {
      single,
      run: ({ image, trimap }) => {
        const pass = ([image, trimap]: readonly tf.Tensor[]) => [
          network.run({ image, trimap } as NetworkInputs, false),
        ];
        const given = trimap === undefined ? [image] : [image, trimap];
        // A trimap has no gradient.
        const [answer] =
          this.differentiable === 'none'
            ? this.#passes.ask('answer', pass, [], given)
            : this.#passes.ask('answer', pass, [image], given.slice(1));
        return answer;
      },
    };
  }

  /** Frees what the adapter made. It cannot be used afterwards. */
  dispose(): void {
    const network = this.#network;
    this.#network = undefined;
    this.#passes.dispose();
    network?.dispose?.();
  }
}

function runSingly(
  network: Pick<AdaptedNetwork, 'run' | 'single'>,
  inputs: NetworkInputs,
  training: boolean,
): tf.Tensor {
  const { image, trimap } = inputs;
  const batch = image.shape[0];
  if (batch === 1 || network.single !== true) return network.run(inputs, training);
  const images: tf.Tensor4D[] = tf.split(image, batch);
  const trimaps: tf.Tensor4D[] | undefined = trimap && tf.split(trimap, batch);
  const answers = images.map((one, i) => {
    const own = trimaps?.[i];
    return network.run(own === undefined ? { image: one } : { image: one, trimap: own }, training);
  });
  return tf.concat(answers);
}

class AdaptedMatting extends Adapted<MattingDescription> implements MattingModel {
  declare readonly variables?: () => Record<string, tf.Variable>;
  declare readonly train?: MattingTraining;

  constructor(network: AdaptedNetwork, description: MattingDescription) {
    super(network, description);
    const { variables, state = () => ({}) } = network;
    if (variables !== undefined) Object.assign(this, this.#training(variables, state));
  }

  get needsTrimap(): boolean {
    return this.description.trimap !== undefined;
  }

  alpha(input: MattingInput): tf.Tensor4D {
    const { description } = this;
    return this.follow(input.image, () => {
      const alpha = this.#prediction(input, false);
      if (description.trimap === undefined || description.trimap.keepKnown === false) {
        // wasm's clip turns NaN into a bound, and a broken network would go unnoticed.
        const clipped = tf.clipByValue(alpha, 0, 1);
        // What strays far is no alpha (levels of 0…255, logits) and stays, for whoever asks to refuse it.
        const excess = stopGradient(() => {
          const beyond = tf.sub(alpha, clipped);
          return tf.mul(beyond, tf.cast(tf.greater(tf.abs(beyond), 0.25), 'float32'));
        });
        return tf.add(tf.add(clipped, excess), tf.mul(alpha, 0));
      }
      return keepKnown(alpha, trimapClasses(this.name, input));
    });
  }

  /** Not clipped, known pixels not replaced. */
  #prediction(input: MattingInput, training: boolean): tf.Tensor4D {
    const { description } = this;
    const [batch, height, width] = input.image.shape;
    const fit = fitting(height, width, description.input?.size);
    const answer = this.run(networkInputs(input, description, fit), training);
    return alphaFrom(answer, description, batch, fit);
  }

  #training(
    variables: () => Record<string, tf.Variable>,
    state: () => Record<string, tf.Variable>,
  ): Pick<MattingModel, 'variables' | 'train'> {
    return {
      variables,
      train: {
        normalization: Object.keys(state()).length > 0 ? 'batch' : 'none',
        alpha: (input, mode) => tf.tidy(() => this.#prediction(input, mode === 'batch')),
        state,
        weights: () =>
          Promise.all(
            Object.entries({ ...variables(), ...state() }).map(async ([name, variable]) => ({
              name,
              shape: variable.shape,
              data: (await variable.data()).slice() as Float32Array,
            })),
          ),
      },
    };
  }
}

class AdaptedTrimap extends Adapted<TrimapDescription> implements TrimapModel {
  logits(image: tf.Tensor4D): tf.Tensor4D {
    const { description } = this;
    return this.follow(image, () => {
      const [batch, height, width] = image.shape;
      const fit = fitting(height, width, description.input?.size);
      const answer = this.run(networkInputs({ image }, { ...description, trimap: undefined }, fit));
      return logitsFrom(answer, description, batch, fit);
    });
  }
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
