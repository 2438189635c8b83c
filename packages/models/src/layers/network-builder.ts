import { InvalidOptionError } from '@latent-matte/core';
import { assignWeights, type WeightArchive } from '@latent-matte/core/checkpoints';
import { type ExcitationWeights, excitedSum, squeezeExcitation } from '@latent-matte/core/internal';
import { adaptiveAveragePool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { affineOf } from './fold';
import { forwardScope } from './forward-scope';
import {
  applyConvolution,
  applyDepthwise,
  applyTransposed,
  type ConvolutionParts,
  prepareConvolution,
  prepareDepthwise,
  prepareTransposed,
} from './frozen-convolution';
import type { FrozenWeights } from './frozen-weights';
import type {
  ConvolutionSpec,
  DepthwiseSpec,
  Layer,
  SplitLayer,
  TransposedSpec,
} from './layer-specs';
import { activate, assertChannels, listOf } from './maps';
import { TrainableLayers } from './trainable-layers';
import type { WeightLayout } from './weight-layout';
import { type Values, WeightPlan } from './weight-plan';

/** Declares the layers of one network, then makes their tensors: see the header of this folder. */
export class NetworkBuilder {
  readonly #archive: WeightArchive;
  readonly #modelName: string;
  readonly #ignore: ((name: string) => boolean) | undefined;
  readonly #plan: WeightPlan;
  readonly #uploads: ((values: Values) => void)[] = [];
  readonly #tensors: tf.Tensor[] = [];
  readonly #trainable: TrainableLayers | undefined;
  #parameterCount = 0;

  /**
   * @param options.ignore true for tensors the file may have without the network using them
   * @param options.layout how filters lie in the file. Default `'pytorch'`
   * @param options.trainable make the layers over variables (see {@link TrainableLayers}). Default false
   */
  constructor(
    archive: WeightArchive,
    modelName: string,
    options: {
      ignore?: (name: string) => boolean;
      layout?: WeightLayout;
      trainable?: boolean;
    } = {},
  ) {
    this.#plan = new WeightPlan(options.layout);
    this.#trainable = options.trainable ? new TrainableLayers(this.#plan) : undefined;
    this.#archive = archive;
    this.#modelName = modelName;
    this.#ignore = options.ignore;
  }

  /** Shapes of all tensors of the layers declared so far, by name: what a file of this network holds. */
  get shapes(): Readonly<Record<string, readonly number[]>> {
    return this.#plan.expected;
  }

  /** Shape of a tensor of the file, for networks whose sizes vary between releases. */
  shapeOf(key: string): readonly number[] | undefined {
    return this.#archive.tensors.get(key)?.shape;
  }

  /** Conv2d. Weight `name.weight` `[outputs, inputs, height, width]`. */
  convolution(name: string, spec: ConvolutionSpec<number>): Layer {
    const split = this.convolutions(name, { ...spec, outputs: [spec.outputs] });
    return (x) => split(x)[0];
  }

  /**
   * Squeeze and excitation, `(x, z)` → x weighed by what the whole of z shows: 1×1 convolutions `name.squeeze` with relu
   * and `name.excite` with a sigmoid, on the mean of z.
   */
  excitation(
    name: string,
    channels: number,
    inner: number,
  ): (x: tf.Tensor4D, z: tf.Tensor4D) => tf.Tensor4D {
    return this.#excitation(name, channels, inner).weigh;
  }

  /** As {@link excitation}, `(x, y)` → x weighed by what the whole of x + y shows, plus y. */
  excitedSum(
    name: string,
    channels: number,
    inner: number,
  ): (x: tf.Tensor4D, y: tf.Tensor4D) => tf.Tensor4D {
    const { weights, weigh } = this.#excitation(name, channels, inner);
    return (x, y) =>
      forwardScope(() => {
        const layers = weights();
        const inOne = layers && excitedSum(x, y, layers);
        return inOne ?? tf.add(weigh(x, tf.add<tf.Tensor4D>(x, y)), y);
      });
  }

  #excitation(name: string, channels: number, inner: number) {
    const squeeze = { inputs: channels, outputs: [inner], kernel: 1, activation: 'relu' } as const;
    const excite = { inputs: inner, outputs: [channels], kernel: 1, activation: tf.sigmoid };
    const first = this.#convolution(`${name}.squeeze`, squeeze);
    const second = this.#convolution(`${name}.excite`, excite);
    /** Where they are frozen; they are there once the network is finished. */
    const weights = (): ExcitationWeights | undefined => {
      const [a, b] = [first.parts?.[0]?.[0], second.parts?.[0]?.[0]];
      return a && b && { squeeze: a, excite: b };
    };
    const weigh = (x: tf.Tensor4D, z: tf.Tensor4D): tf.Tensor4D =>
      forwardScope(() => {
        const layers = weights();
        const inOne = layers && squeezeExcitation(x, z, layers);
        return inOne ?? tf.mul(x, second.run(first.run(adaptiveAveragePool(z, [1, 1]))[0])[0]);
      });
    return { weights, weigh };
  }

  /** As {@link convolution}, its output cut along the channels: one map per entry of `outputs`. */
  convolutions(name: string, spec: ConvolutionSpec<readonly number[]>): SplitLayer {
    return this.#convolution(name, spec).run;
  }

  /** `parts` where the weights are frozen. */
  #convolution(
    name: string,
    spec: ConvolutionSpec<readonly number[]>,
  ): { run: SplitLayer; parts?: readonly ConvolutionParts[] } {
    if (this.#trainable !== undefined) return { run: this.#trainable.convolutions(name, spec) };
    const prepared = prepareConvolution(name, spec, this.#plan);
    this.#uploads.push((values) => prepared.upload(values, this.#keep));
    return {
      run: (x) => forwardScope(() => applyConvolution(name, spec, prepared.parts, x)),
      parts: prepared.parts,
    };
  }

  /** Conv2d with `groups = channels`. Weight `name.weight` `[channels, 1, height, width]`. */
  depthwise(name: string, spec: DepthwiseSpec): Layer {
    if (this.#trainable !== undefined) return this.#trainable.depthwise(name, spec);
    const prepared = prepareDepthwise(name, spec, this.#plan);
    this.#uploads.push((values) => prepared.upload(values, this.#keep));
    return (x) => forwardScope(() => applyDepthwise(name, spec, prepared.parts[0], x));
  }

  /** ConvTranspose2d. Weight `name.weight` `[inputs, outputs, height, width]`. */
  transposed(name: string, spec: TransposedSpec): Layer {
    this.#refuseTraining(name);
    const prepared = prepareTransposed(name, spec, this.#plan);
    this.#uploads.push((values) => prepared.upload(values, this.#keep));
    return (x) => forwardScope(() => applyTransposed(name, spec, prepared.parts[0], x));
  }

  /**
   * BatchNorm2d that no layer can take in, because an activation stands between: scale · x + offset.
   *
   * @param options.epsilon default 1e-5
   */
  norm(
    name: string,
    channels: number,
    {
      epsilon,
      activation = 'linear',
    }: { epsilon?: number } & Pick<DepthwiseSpec, 'activation'> = {},
  ): Layer {
    this.#refuseTraining(name);
    const read = this.#plan.norm({ name, epsilon }, channels);
    const affine: tf.Tensor1D[] = [];
    this.#uploads.push((values) => {
      const { scale, offset } = affineOf(read(values));
      for (const part of [scale, offset]) {
        affine.push(this.#keep(tf.tensor1d(Float32Array.from(part))));
      }
    });
    return (x) => {
      const maps = listOf(x);
      assertChannels(name, maps, [channels]);
      const [scale, offset] = affine;
      return activate(tf.add(tf.mul(maps[0] as tf.Tensor4D, scale), offset), activation);
    };
  }

  /** Any other tensor, under its full name and shape, in PyTorch's layout. */
  tensor(key: string, shape: readonly number[]): () => tf.Tensor {
    if (this.#trainable !== undefined && shape.length === 1) {
      return this.#trainable.vector(key, shape[0]);
    }
    this.#refuseTraining(key);
    this.#plan.expect(key, shape);
    let tensor: tf.Tensor | undefined;
    this.#uploads.push((values) => {
      tensor = this.#keep(tf.tensor(values[key], [...shape]));
    });
    return () => tensor as tf.Tensor;
  }

  /**
   * Checks the file against every declared layer and makes the tensors.
   *
   * @throws WeightsError listing every tensor that is missing, unexpected or misshapen; nothing is left behind
   */
  finish(): FrozenWeights {
    const values = assignWeights(this.#archive, this.#plan.expected, this.#modelName, {
      ...(this.#ignore && { ignore: this.#ignore }),
    });
    const trainable = this.#trainable;
    const dispose = () => {
      tf.dispose(this.#tensors.splice(0));
      trainable?.dispose();
    };
    try {
      trainable?.upload(values);
      for (const upload of this.#uploads) {
        // Loading inside tf.tidy or tf.grads must neither free nor record the weights.
        tf.engine().startScope();
        try {
          upload(values);
        } finally {
          tf.engine().endScope();
        }
      }
    } catch (error) {
      dispose();
      throw error;
    }
    return trainable === undefined
      ? { parameterCount: this.#parameterCount, dispose }
      : { parameterCount: trainable.parameterCount, dispose, trainable };
  }

  /** For layers that no trainable network has. */
  #refuseTraining(name: string): void {
    if (this.#trainable === undefined) return;
    throw new InvalidOptionError(
      `"${this.#modelName}" cannot be trained: its layer "${name}" has no trainable form.`,
      'Load it without trainable.',
    );
  }

  #keep = <T extends tf.Tensor>(tensor: T, counted = true): T => {
    this.#tensors.push(tensor);
    if (counted) this.#parameterCount += tensor.size;
    return tf.keep(tensor);
  };
}
