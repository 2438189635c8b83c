import * as tf from '@tensorflow/tfjs-core';
import type { TrainableMattingModel } from './trainable-model';

/** Values by name, row-major. */
export type Values = Readonly<Record<string, Float32Array>>;

/** Everything training changes in a model: variables, and running statistics. */
export interface WeightSnapshot {
  readonly variables: Values;
  readonly state: Values;
}

/** A copy of what the model holds now, outside of the device. */
export async function takeSnapshot(model: TrainableMattingModel): Promise<WeightSnapshot> {
  return {
    variables: await readVariables(model.variables()),
    state: await readVariables(model.train.state()),
  };
}

/** Gives the model the values of a snapshot. */
export function restoreSnapshot(model: TrainableMattingModel, snapshot: WeightSnapshot): void {
  tf.tidy(() => {
    assign(model.variables(), snapshot.variables);
    assign(model.train.state(), snapshot.state);
  });
}

/** Values of tensors by name, copied. */
export async function readVariables(variables: Record<string, tf.Tensor>): Promise<Values> {
  const entries: [string, Float32Array][] = [];
  for (const [name, variable] of Object.entries(variables)) {
    entries.push([name, (await variable.data()).slice() as Float32Array]);
  }
  return Object.fromEntries(entries);
}

function assign(variables: Record<string, tf.Variable>, values: Values): void {
  for (const [name, variable] of Object.entries(variables)) {
    variable.assign(tf.tensor(values[name], variable.shape));
  }
}
