import type { TensorSource } from '@latent-matte/core/checkpoints';
import { averageDecay, movedAverage } from '@latent-matte/core/fine-tune';
import { Adam, clipByGlobalNorm } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { SavedParameters } from './checkpoint';

export type Values = Record<string, Float32Array>;
export type Variables = Readonly<Record<string, tf.Variable>>;

export interface ParameterGroupOptions {
  /** Where the values live. Default: variables of its own. */
  readonly variables?: Variables;
  /** Of update 1, 2, … of this run. */
  readonly learningRate: (update: number) => number;
  readonly beta1?: number;
  readonly beta2?: number;
  /** Largest norm of all gradients together. Default: as they come. */
  readonly clipNorm?: number;
  /** Parameters that are updated; the others stay as they are. */
  readonly active?: (name: string) => boolean;
  /** Decay of the moving average per step; what ships is the average. */
  readonly averageDecay: number;
  /** Steps between two updates of the average. */
  readonly averageEvery: number;
  /** Updates that the saved moments and averages have seen. */
  readonly age: number;
}

/** The parameters of one network with their optimiser and their moving average. */
export class ParameterGroup {
  readonly variables: Variables;
  readonly average: Variables;
  readonly active: readonly tf.Variable[];
  readonly #names: readonly string[];
  /** Parameters that an earlier run trained. */
  readonly #known: ReadonlySet<string>;
  readonly #adam: Adam;
  readonly #prefix: string;
  readonly #options: ParameterGroupOptions;
  #updates = 0;

  /**
   * @param prefix of the network within the checkpoint, `g/`; empty where it is the only one
   * @param saved what {@link entries} wrote: wins over `values` where it has the parameter
   */
  constructor(
    prefix: string,
    values: Readonly<Values>,
    shapes: Readonly<Record<string, readonly number[]>>,
    options: ParameterGroupOptions,
    saved?: SavedParameters,
  ) {
    this.#prefix = prefix;
    this.#options = options;
    const make = (kind: string) =>
      Object.fromEntries(
        Object.entries(values).map(([name, start]) => {
          const data = saved?.get(`${kind}/${prefix}${name}`) ?? start;
          const tensor = tf.tensor(data, [...shapes[name]]);
          const variable = tf.variable(tensor, kind === 'value');
          tensor.dispose();
          return [name, variable];
        }),
      );
    this.variables = options.variables ?? make('value');
    this.average = make('average');
    this.#names = Object.keys(values).filter(options.active ?? (() => true));
    this.active = this.#names.map((name) => this.variables[name]);
    const { beta1, beta2 } = options;
    this.#adam = new Adam({
      learningRate: options.learningRate(1),
      ...(beta1 !== undefined && { beta1 }),
      ...(beta2 !== undefined && { beta2 }),
    });
    const moment = (kind: string, name: string) => {
      const data = saved?.get(`${kind}/${prefix}${name}`);
      const shape = [...shapes[name]];
      return data === undefined ? tf.zeros(shape) : tf.tensor(data, shape);
    };
    this.#known = new Set(this.#names.filter((name) => saved?.has(`first/${prefix}${name}`)));
    // A parameter that joins late has no moments yet, but those of the others must go on.
    this.#adam.restore(
      saved === undefined ? 0 : options.age,
      this.#names.map((name) => moment('first', name)),
      this.#names.map((name) => moment('second', name)),
    );
  }

  /** One update; the gradients by the names of the variables. */
  update(gradients: tf.NamedTensorMap): void {
    const { age, averageEvery, clipNorm, learningRate } = this.#options;
    this.#updates++;
    this.#adam.learningRate = learningRate(this.#updates);
    tf.tidy(() => {
      const wanted = this.active.map(({ name, shape }) => gradients[name] ?? tf.zeros(shape));
      const clipped = clipNorm === undefined ? wanted : clipByGlobalNorm(wanted, clipNorm);
      const next = this.#adam.step(this.active as readonly tf.Tensor[] as tf.Tensor[], clipped);
      this.active.forEach((variable, i) => {
        variable.assign(next[i]);
      });
      if ((age + this.#updates) % averageEvery !== 0) return;
      const longest = this.#options.averageDecay ** averageEvery;
      for (const name of this.#names) {
        const seen = this.#updates + (this.#known.has(name) ? age : 0);
        const decay = averageDecay(longest, seen / averageEvery);
        const average = this.average[name];
        average.assign(movedAverage(average, this.variables[name], decay));
      }
    });
  }

  /** The averages, outside of the device. */
  averages(): Values {
    return Object.fromEntries(
      Object.entries(this.average).map(([name, value]) => [name, value.dataSync() as Float32Array]),
    );
  }

  /** Everything needed to continue, for a safetensors file. */
  entries(): (readonly [string, TensorSource])[] {
    const { first, second } = this.#adam.state();
    const entry = (kind: string, name: string, tensor: tf.Tensor) =>
      [
        `${kind}/${this.#prefix}${name}`,
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

  dispose(): void {
    tf.dispose([...Object.values(this.variables), ...Object.values(this.average)]);
    this.#adam.dispose();
  }
}
