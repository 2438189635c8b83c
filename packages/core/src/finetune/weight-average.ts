import * as tf from '@tensorflow/tfjs-core';
import { averageDecay, movedAverage } from './moving-average';
import type { TrainableMattingModel } from './trainable-model';
import { readVariables, type WeightSnapshot } from './weight-snapshot';

/**
 * The moving average of everything training changes in a model, by {@link movedAverage}. Running statistics are averaged like the weights they belong to. Frees what it holds with `dispose`.
 */
export class WeightAverage {
  readonly #model: TrainableMattingModel;
  readonly #decay: number;
  /** In the order of the variables. */
  #values: tf.Tensor[];

  /** Begins with what the model holds. */
  constructor(model: TrainableMattingModel, decay: number) {
    this.#model = model;
    this.#decay = decay;
    this.#values = this.#variables().map((variable) => tf.clone(variable));
  }

  #variables(): tf.Variable[] {
    return [...Object.values(this.#model.variables()), ...Object.values(this.#model.train.state())];
  }

  /** Takes in the weights after an update. @param step its number, from 1 */
  update(step: number): void {
    const decay = averageDecay(this.#decay, step);
    const next = this.#variables().map((variable, i) =>
      movedAverage(this.#values[i]!, variable, decay),
    );
    tf.dispose(this.#values);
    this.#values = next;
  }

  /** Runs `f` while the model holds the average, then gives it back what it held. */
  async within<T>(f: () => Promise<T>): Promise<T> {
    const variables = this.#variables();
    const current = variables.map((variable) => tf.clone(variable));
    this.give();
    try {
      return await f();
    } finally {
      variables.forEach((variable, i) => {
        variable.assign(current[i]!);
      });
      tf.dispose(current);
    }
  }

  /** Gives the model the average. */
  give(): void {
    this.#variables().forEach((variable, i) => {
      variable.assign(this.#values[i]!);
    });
  }

  /** A copy outside of the device. */
  async snapshot(): Promise<WeightSnapshot> {
    const named = Object.keys(this.#model.variables());
    const group = (names: readonly string[], from: number) =>
      readVariables(Object.fromEntries(names.map((name, i) => [name, this.#values[from + i]!])));
    return {
      variables: await group(named, 0),
      state: await group(Object.keys(this.#model.train.state()), named.length),
    };
  }

  /** Goes on from a snapshot. */
  restore({ variables, state }: WeightSnapshot): void {
    const values = [
      ...Object.keys(this.#model.variables()).map((name) => variables[name]),
      ...Object.keys(this.#model.train.state()).map((name) => state[name]),
    ];
    const next = this.#values.map(({ shape }, i) => tf.tensor(values[i]!, shape));
    tf.dispose(this.#values);
    this.#values = next;
  }

  dispose(): void {
    tf.dispose(this.#values);
    this.#values = [];
  }
}
