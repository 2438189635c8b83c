import { InvalidOptionError, type NamedWeights, type NormalizationMode } from '@latent-matte/core';
import {
  batchNormalizationInTraining,
  type Padding,
  stopGradient,
  trainableConvolution,
  trainableDepthwiseConvolution,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOf, paddingOf } from './frozen-convolution';
import type { ConvolutionSpec, DepthwiseSpec, LayerSpec, Maps, NormSpec } from './layer-specs';
import { activate, assertChannels, listOf } from './maps';
import {
  type AxisOrders,
  convolutionOrders,
  depthwiseOrders,
  type Order,
  permuted,
} from './weight-layout';
import type { Values, WeightPlan } from './weight-plan';

/** Share of a batch in the running statistics: PyTorch's default. */
const MOMENTUM = 0.1;

/** How a variable is written to a file. */
interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly variable: () => tf.Variable;
  readonly order?: Order;
}

/**
 * Layers over variables, for fine-tuning: nothing is folded, and gradients flow to every weight. Batch normalisation
 * works as {@link mode} says. Made by a `NetworkBuilder` with `trainable`.
 */
export class TrainableLayers {
  /** Filters, biases, γ and β, under the names of the checkpoint. */
  readonly variables: Record<string, tf.Variable> = {};
  /** Running means and variances. */
  readonly state: Record<string, tf.Variable> = {};
  mode: NormalizationMode = 'frozen';
  readonly #plan: WeightPlan;
  readonly #stored: Stored[] = [];
  readonly #uploads: ((values: Values) => void)[] = [];

  constructor(plan: WeightPlan) {
    this.#plan = plan;
  }

  /** Values in all variables and statistics. */
  get parameterCount(): number {
    return this.#all().reduce((sum, { size }) => sum + size, 0);
  }

  convolutions(name: string, spec: ConvolutionSpec<readonly number[]>): (x: Maps) => tf.Tensor4D[] {
    const inputs = typeof spec.inputs === 'number' ? [spec.inputs] : spec.inputs;
    const outputs = spec.outputs.reduce((a, b) => a + b, 0);
    const shape = [outputs, inputs.reduce((a, b) => a + b, 0), ...kernelOf(spec)];
    const filter = this.#filter(name, shape, convolutionOrders, spec, spec.linear ? 2 : 4);
    const finish = this.#finish(name, spec, outputs);
    const options = optionsOf(spec);
    return (x) => {
      const maps = listOf(x);
      assertChannels(name, maps, inputs);
      const weights = filter();
      let from = 0;
      const terms = maps.flatMap((map, i) => {
        const at = from;
        from += inputs[i];
        if (map === undefined) return [];
        // conv(concat(a, b)) = conv_a(a) + conv_b(b): joining channels is slow on wasm.
        const size = [...weights.shape] as [number, number, number, number];
        size[2] = inputs[i];
        const part = inputs.length === 1 ? weights : tf.slice(weights, [0, 0, at, 0], size);
        return [trainableConvolution(map, part, options)];
      });
      const y = finish(terms.reduce((a, b) => tf.add(a, b)));
      return spec.outputs.length === 1 ? [y] : tf.split(y, [...spec.outputs], 3);
    };
  }

  depthwise(name: string, spec: DepthwiseSpec): (x: Maps) => tf.Tensor4D {
    const shape = [spec.channels, 1, ...kernelOf(spec)];
    const filter = this.#filter(name, shape, depthwiseOrders, spec, 4);
    const finish = this.#finish(name, spec, spec.channels);
    const options = optionsOf(spec);
    return (x) => {
      const maps = listOf(x);
      assertChannels(name, maps, [spec.channels]);
      return finish(trainableDepthwiseConvolution(maps[0] as tf.Tensor4D, filter(), options));
    };
  }

  /** A vector that no layer has, which is trained too. */
  vector(name: string, size: number): () => tf.Tensor1D {
    return this.#vector(name, size, this.variables);
  }

  /** Makes the variables. */
  upload(values: Values): void {
    for (const upload of this.#uploads) upload(values);
  }

  /** Every weight under its name and in the layout of the checkpoint. */
  async weights(): Promise<NamedWeights[]> {
    const result: NamedWeights[] = [];
    for (const { name, shape, variable, order } of this.#stored) {
      const tensor = order && tf.tidy(() => tf.transpose(variable(), [...order]));
      const data = (await (tensor ?? variable()).data()) as Float32Array;
      tensor?.dispose();
      result.push({ name, shape, data: data.slice() });
    }
    return result;
  }

  dispose(): void {
    tf.dispose(this.#all());
  }

  #all(): tf.Variable[] {
    return [...Object.values(this.variables), ...Object.values(this.state)];
  }

  #filter(
    layer: string,
    shape: readonly number[],
    { to, from }: AxisOrders,
    { weight = 'plain' }: LayerSpec,
    rank: 2 | 4,
  ): () => tf.Tensor4D {
    if (weight !== 'plain') {
      throw new InvalidOptionError(
        `The ${weight} weights of the layer "${layer}" cannot be trained.`,
        'Load the network without trainable.',
      );
    }
    const name = `${layer}.weight`;
    const turned = this.#plan.layout === 'tensorflow' && rank === 4;
    const inFile = turned ? permuted(shape, to) : shape.slice(0, rank);
    this.#plan.expect(name, inFile);
    this.#uploads.push((values) => {
      const start = tf.tidy(() =>
        turned
          ? tf.tensor(values[name], inFile)
          : tf.transpose(tf.tensor(values[name], [...shape]), [...to]),
      );
      this.variables[name] = tf.variable(start, true);
      start.dispose();
    });
    const variable = () => this.variables[name];
    this.#stored.push({ name, shape: inFile, variable, ...(!turned && { order: from }) });
    return variable as unknown as () => tf.Tensor4D;
  }

  #vector(name: string, size: number, into: Record<string, tf.Variable>): () => tf.Tensor1D {
    this.#plan.expect(name, [size]);
    this.#uploads.push((values) => {
      const start = tf.tensor1d(values[name]);
      into[name] = tf.variable(start, into === this.variables);
      start.dispose();
    });
    this.#stored.push({ name, shape: [size], variable: () => into[name] });
    return () => into[name] as unknown as tf.Tensor1D;
  }

  /** Bias, batch normalisation, activation. */
  #finish(
    layer: string,
    { norm, bias = norm === undefined, activation = 'linear' }: LayerSpec,
    outputs: number,
  ): (y: tf.Tensor4D) => tf.Tensor4D {
    const shift = bias ? this.#vector(`${layer}.bias`, outputs, this.variables) : undefined;
    const normalize = norm && this.#normalize(norm, outputs);
    return (y) => {
      const biased = shift === undefined ? y : tf.add<tf.Tensor4D>(y, shift());
      return activate(normalize === undefined ? biased : normalize(biased), activation);
    };
  }

  #normalize(
    { name, epsilon = 1e-5, channels }: NormSpec,
    outputs: number,
  ): (x: tf.Tensor4D) => tf.Tensor4D {
    const count = channels ?? outputs;
    const scale = this.#vector(`${name}.weight`, count, this.variables);
    const offset = this.#vector(`${name}.bias`, count, this.variables);
    const mean = this.#vector(`${name}.running_mean`, count, this.state);
    const variance = this.#vector(`${name}.running_var`, count, this.state);
    const others: [number, number][] = [[0, outputs - count]];
    return (x) => {
      if (this.mode === 'frozen') {
        const factor = tf.mul(tf.rsqrt(tf.add(variance(), epsilon)), scale()) as tf.Tensor1D;
        const shift = tf.sub(offset(), tf.mul(mean(), factor)) as tf.Tensor1D;
        return tf.add(tf.mul(x, tf.pad(factor, others, 1)), tf.pad(shift, others));
      }
      const { y, statistics } = batchNormalizationInTraining(x, {
        scale: scale(),
        offset: offset(),
        channels: count,
        epsilon,
      });
      const { mean: center, variance: spread, count: values } = statistics;
      // The running variance is that of the population, n / (n − 1), as in PyTorch.
      follow(this.state[`${name}.running_mean`], center, 1);
      follow(this.state[`${name}.running_var`], spread, values / Math.max(1, values - 1));
      tf.dispose([center, spread]);
      return y;
    };
  }
}

/** running ← 0.9 · running + 0.1 · factor · seen. */
function follow(running: tf.Variable, seen: tf.Tensor, factor: number): void {
  stopGradient(() =>
    tf.tidy(() => {
      running.assign(tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(seen, MOMENTUM * factor)));
    }),
  );
}

function optionsOf(spec: Parameters<typeof paddingOf>[0]): {
  stride: number;
  dilation: number;
  padding: Padding;
} {
  const { stride = 1, dilation = 1 } = spec;
  return { stride, dilation, padding: paddingOf(spec) };
}
