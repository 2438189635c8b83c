import type { Random } from '@latent-matte/core';
import {
  adjointDepthwiseFilter,
  adjointFilter,
  convolution,
  depthwiseConvolution,
  stopGradient,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../count-of';

/**
 * The two layers all compact networks are made of. Written against this interface, one network definition
 * serves inference and the optimisation of the image ({@link FrozenLayers}: fast ops, no filter gradients)
 * and training ({@link TrainableLayers}: stock ops on variables).
 */
export interface Layers {
  /**
   * Odd-kernel convolution with bias, stride 1, same size. Parameters `name.weight`, `name.bias`.
   * A list of maps means the convolution of their concatenation along the channels.
   */
  convolution(
    name: string,
    x: tf.Tensor4D | readonly tf.Tensor4D[],
    activation?: 'linear' | 'relu',
  ): tf.Tensor4D;
  /** Depthwise convolution with bias, stride 1, same size. Parameters `name.weight`, `name.bias`. */
  depthwise(name: string, x: tf.Tensor4D): tf.Tensor4D;
}

/** How one parameter starts. */
export type Initializer =
  /** Normal with variance gain² / fan-in. */
  | { readonly kind: 'normal'; readonly gain: number }
  /** As `normal`, with the four sub-filters of a pixel shuffle equal, so that it starts as nearest ×2. */
  | { readonly kind: 'shuffle'; readonly gain: number }
  /** Depthwise: a unit impulse plus a little noise. */
  | { readonly kind: 'impulse' }
  | { readonly kind: 'constant'; readonly value: number };

/** Shape (HWIO for convolutions, HWC1 for depthwise) and start of one parameter. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

export type Parameters = Record<string, Parameter>;

/** Names the parameters of a convolution layer. */
export function convolutionParameters(
  name: string,
  kernel: number,
  input: number,
  output: number,
  initializer: Initializer,
  bias = 0,
): Parameters {
  return {
    [`${name}.weight`]: { shape: [kernel, kernel, input, output], initializer },
    [`${name}.bias`]: { shape: [output], initializer: { kind: 'constant', value: bias } },
  };
}

/** Names the parameters of a depthwise layer. */
export function depthwiseParameters(name: string, kernel: number, channels: number): Parameters {
  return {
    [`${name}.weight`]: { shape: [kernel, kernel, channels, 1], initializer: { kind: 'impulse' } },
    [`${name}.bias`]: { shape: [channels], initializer: { kind: 'constant', value: 0 } },
  };
}

/** Initial values, reproducible from the random stream. */
export function initializeParameters(
  parameters: Parameters,
  random: Random,
): Record<string, Float32Array> {
  const values: Record<string, Float32Array> = {};
  for (const [name, { shape, initializer }] of Object.entries(parameters)) {
    const stream = random.fork(name);
    const size = countOf(shape);
    values[name] = initialize(shape, size, initializer, stream);
  }
  return values;
}

function initialize(
  shape: readonly number[],
  size: number,
  initializer: Initializer,
  random: Random,
): Float32Array {
  if (initializer.kind === 'constant') return new Float32Array(size).fill(initializer.value);
  const data = random.normals(size);
  const [height, width, input, output] = shape;
  if (initializer.kind === 'impulse') {
    const center = (Math.floor(height / 2) * width + Math.floor(width / 2)) * input;
    for (let i = 0; i < size; i++) {
      data[i] = data[i] * 0.1 + (i >= center && i < center + input ? 1 : 0);
    }
    return data;
  }
  const scale = initializer.gain / Math.sqrt(height * width * input);
  for (let i = 0; i < size; i++) data[i] *= scale;
  if (initializer.kind === 'shuffle') {
    const quarter = output / 4;
    for (let row = 0; row < size; row += output) {
      for (let c = quarter; c < output; c++) data[row + c] = data[row + (c % quarter)];
    }
  }
  return data;
}

/** Weights of one layer, ready for the fast ops. */
interface PreparedWeights {
  readonly filter: tf.Tensor4D;
  readonly adjoint: tf.Tensor4D;
  readonly bias?: tf.Tensor1D;
}

/** Layers over frozen weights; gradients flow to the image only, on the backend's fast kernels. */
export class FrozenLayers implements Layers {
  readonly #weights = new Map<string, PreparedWeights>();
  /** Filters cut along their input channels, for convolutions of several maps. */
  readonly #parts = new Map<string, readonly PreparedWeights[]>();

  /** @param values one array per parameter, already checked against `parameters` */
  constructor(parameters: Parameters, values: Readonly<Record<string, Float32Array>>) {
    for (const [key, { shape }] of Object.entries(parameters)) {
      if (!key.endsWith('.weight')) continue;
      const name = key.slice(0, -'.weight'.length);
      const filter = tf.tensor4d(values[key], shape as [number, number, number, number]);
      const depthwise = name.endsWith('.depthwise');
      this.#weights.set(name, {
        filter: tf.keep(filter),
        adjoint: tf.keep(depthwise ? adjointDepthwiseFilter(filter) : adjointFilter(filter)),
        bias: tf.keep(tf.tensor1d(values[`${name}.bias`])),
      });
    }
  }

  convolution(
    name: string,
    x: tf.Tensor4D | readonly tf.Tensor4D[],
    activation: 'linear' | 'relu' = 'linear',
  ): tf.Tensor4D {
    const weights = this.#weights.get(name) as PreparedWeights;
    if ('shape' in x) return convolution(x, weights, { activation });
    // conv(concat(a, b)) = conv_a(a) + conv_b(b): joining maps along their channels is by far the slowest
    // operation of the wasm backend.
    const parts = this.#split(name, x);
    const sum = x.map((map, i) => convolution(map, parts[i])).reduce((a, b) => tf.add(a, b));
    return activation === 'relu' ? tf.relu(sum) : sum;
  }

  depthwise(name: string, x: tf.Tensor4D): tf.Tensor4D {
    return depthwiseConvolution(x, this.#weights.get(name) as PreparedWeights);
  }

  #split(name: string, maps: readonly tf.Tensor4D[]): readonly PreparedWeights[] {
    const cached = this.#parts.get(name);
    if (cached !== undefined) return cached;
    const { filter, bias } = this.#weights.get(name) as PreparedWeights;
    const [height, width, , output] = filter.shape;
    let from = 0;
    const parts = maps.map((map, i) => {
      const channels = map.shape[3];
      const part = stopGradient(() =>
        tf.slice(filter, [0, 0, from, 0], [height, width, channels, output]),
      );
      from += channels;
      return {
        filter: tf.keep(part),
        adjoint: tf.keep(stopGradient(() => adjointFilter(part))),
        ...(i === 0 ? { bias } : {}),
      };
    });
    this.#parts.set(name, parts);
    return parts;
  }

  dispose(): void {
    for (const { filter, adjoint, bias } of this.#weights.values()) {
      tf.dispose([filter, adjoint, bias as tf.Tensor1D]);
    }
    for (const part of [...this.#parts.values()].flat()) tf.dispose([part.filter, part.adjoint]);
    this.#weights.clear();
    this.#parts.clear();
  }
}

/** Layers over variables, for training: stock ops, gradients to every parameter. */
export class TrainableLayers implements Layers {
  readonly variables: Record<string, tf.Variable> = {};

  constructor(parameters: Parameters, values: Readonly<Record<string, Float32Array>>) {
    for (const [name, { shape }] of Object.entries(parameters)) {
      const start = tf.tensor(values[name], shape as number[]);
      this.variables[name] = tf.variable(start, true);
      start.dispose();
    }
  }

  convolution(
    name: string,
    x: tf.Tensor4D | readonly tf.Tensor4D[],
    activation: 'linear' | 'relu' = 'linear',
  ): tf.Tensor4D {
    const filter = this.variables[`${name}.weight`] as unknown as tf.Tensor4D;
    const input = 'shape' in x ? x : tf.concat([...x], 3);
    const y = tf.add(tf.conv2d(input, filter, 1, 'same'), this.variables[`${name}.bias`]);
    return (activation === 'relu' ? tf.relu(y) : y) as tf.Tensor4D;
  }

  depthwise(name: string, x: tf.Tensor4D): tf.Tensor4D {
    const filter = this.variables[`${name}.weight`] as unknown as tf.Tensor4D;
    return tf.add(tf.depthwiseConv2d(x, filter, 1, 'same'), this.variables[`${name}.bias`]);
  }

  dispose(): void {
    for (const variable of Object.values(this.variables)) variable.dispose();
  }
}
