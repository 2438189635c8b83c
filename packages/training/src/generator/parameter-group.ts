import { Adam, parseSafetensors, type TensorSource, toFloat32 } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Values, Variables } from './synthesis';

export interface ParameterGroupOptions {
  readonly learningRate: number;
  readonly beta1: number;
  /** Parameters that are updated; the others stay as they are. */
  readonly active: (name: string) => boolean;
  /** Decay of the moving average per step; what ships is the average. */
  readonly averageDecay: number;
}

/** Steps between two updates of the moving average. */
const AVERAGE_EVERY = 4;
const WARM_UP_STEPS = 30;
/** Updates assumed of what an earlier stage trained: enough for every bias correction to be over. */
const KNOWN_AGE = 1000;

/** The parameters of one network with their optimiser and their moving average. */
export class ParameterGroup {
  readonly variables: Variables;
  readonly average: Variables;
  readonly active: readonly tf.Variable[];
  readonly #names: readonly string[];
  /** Parameters that an earlier stage trained. */
  readonly #known: ReadonlySet<string>;
  readonly #adam: Adam;
  readonly #options: ParameterGroupOptions;
  #updates = 0;

  /** @param saved what {@link entries} wrote: wins over `values` where it has the parameter */
  constructor(
    readonly prefix: string,
    values: Values,
    shapes: Readonly<Record<string, readonly number[]>>,
    options: ParameterGroupOptions,
    saved?: SavedParameters,
  ) {
    this.#options = options;
    const make = (kind: string) =>
      Object.fromEntries(
        Object.entries(values).map(([name, start]) => {
          const data = saved?.get(`${kind}/${prefix}/${name}`) ?? start;
          const tensor = tf.tensor(data, [...shapes[name]]);
          const variable = tf.variable(tensor, kind === 'value');
          tensor.dispose();
          return [name, variable];
        }),
      );
    this.variables = make('value');
    this.average = make('average');
    this.#names = Object.keys(values).filter(options.active);
    this.active = this.#names.map((name) => this.variables[name]);
    this.#adam = new Adam({
      learningRate: options.learningRate,
      beta1: options.beta1,
      beta2: 0.99,
    });
    const moment = (kind: string, name: string) => {
      const data = saved?.get(`${kind}/${prefix}/${name}`);
      const shape = [...shapes[name]];
      return data === undefined ? tf.zeros(shape) : tf.tensor(data, shape);
    };
    // A parameter that joins late has no moments yet, but those of the others must go on.
    const steps = saved === undefined ? 0 : KNOWN_AGE;
    this.#known = new Set(this.#names.filter((name) => saved?.has(`first/${prefix}/${name}`)));
    this.#adam.restore(
      steps,
      this.#names.map((name) => moment('first', name)),
      this.#names.map((name) => moment('second', name)),
    );
  }

  /** One update; the gradients by the names of the variables. */
  update(gradients: tf.NamedTensorMap): void {
    this.#updates++;
    this.#adam.learningRate =
      this.#options.learningRate * Math.min(1, this.#updates / WARM_UP_STEPS);
    tf.tidy(() => {
      const wanted = this.active.map(({ name, shape }) => gradients[name] ?? tf.zeros(shape));
      const next = this.#adam.step(this.active as readonly tf.Tensor[] as tf.Tensor[], wanted);
      this.active.forEach((variable, i) => {
        variable.assign(next[i]);
      });
      if (this.#updates % AVERAGE_EVERY !== 0) return;
      const longest = this.#options.averageDecay ** AVERAGE_EVERY;
      for (const name of this.#names) {
        // Short memory at the start, so that the average does not drag the random start along.
        const age = this.#known.has(name) ? KNOWN_AGE + this.#updates : this.#updates;
        const decay = Math.min(longest, age / (age + 40));
        const [average, value] = [this.average[name], this.variables[name]];
        average.assign(tf.add(tf.mul(average, decay), tf.mul(value, 1 - decay)));
      }
    });
  }

  /** Everything needed to continue, for a safetensors file. */
  entries(): (readonly [string, TensorSource])[] {
    const { first, second } = this.#adam.state();
    const entry = (kind: string, name: string, tensor: tf.Tensor) =>
      [
        `${kind}/${this.prefix}/${name}`,
        { dtype: 'F32', shape: tensor.shape, data: tensor.dataSync() as Float32Array },
      ] as const;
    return [
      ...Object.entries(this.variables).map(([name, tensor]) => entry('value', name, tensor)),
      ...Object.entries(this.average).map(([name, tensor]) => entry('average', name, tensor)),
      ...this.#names.flatMap((name, i) => [
        entry('first', name, first[i]),
        entry('second', name, second[i]),
      ]),
    ];
  }
}

/** Values of a checkpoint by `kind/network/parameter`. */
export type SavedParameters = ReadonlyMap<string, Float32Array>;

export function readParameters(bytes: Uint8Array): { saved: SavedParameters; step: number } {
  const { tensors, metadata } = parseSafetensors(bytes);
  return {
    saved: new Map([...tensors].map(([name, tensor]) => [name, toFloat32(tensor, name)])),
    step: Number(metadata.get('step')),
  };
}
