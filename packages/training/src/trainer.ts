import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Adam,
  clipByGlobalNorm,
  createRandom,
  parseSafetensors,
  type Random,
  serializeSafetensors,
  toFloat32,
  warmUpCosine,
} from '@latent-matte/core';
import {
  initializeParameters,
  type NetworkDefinition,
  TrainableLayers,
} from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';

/** What differs from one training to the next. */
export interface TrainingTask<Batch> {
  readonly network: NetworkDefinition;
  /** Draws one batch; `random` is a stream that depends on seed and step only, so that resuming is exact. */
  draw(random: Random): Batch;
  /** Scalar loss of one batch. */
  loss(layers: TrainableLayers, batch: Batch): tf.Scalar;
  /** Figures on held-out data, for the log. Frozen weights (the moving average) are passed. */
  validate?(values: Record<string, Float32Array>): Promise<Record<string, number>>;
}

export interface TrainingOptions {
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Folder for the checkpoint and the log. */
  readonly folder: string;
  readonly checkpointEvery: number;
  /** Checkpoint to start from (its moving average) when this training has none of its own. */
  readonly from?: string;
}

const WARM_UP_STEPS = 100;
const CLIP_NORM = 1;
/** Decay of the moving average of the weights, which is what ships. */
const AVERAGE_DECAY = 0.998;
const AVERAGE_EVERY = 5;

/**
 * Adam with warm-up, cosine decay to 1 %, global-norm clipping and a moving average of the weights.
 * Writes `checkpoint.safetensors` (everything needed to continue) and `log.jsonl`; continues by itself from
 * the checkpoint in `folder`.
 */
export async function train<Batch extends tf.TensorContainer>(
  task: TrainingTask<Batch>,
  options: TrainingOptions,
): Promise<Record<string, Float32Array>> {
  const { network } = task;
  const names = Object.keys(network.parameters);
  await mkdir(options.folder, { recursive: true });
  const checkpoint = join(options.folder, 'checkpoint.safetensors');

  const state = existsSync(checkpoint)
    ? await readCheckpoint(checkpoint, names)
    : await freshState(network, options);
  const layers = new TrainableLayers(network.parameters, state.values);
  const average = state.average;
  const adam = new Adam({ learningRate: options.learningRate });
  if (state.first !== undefined && state.second !== undefined) {
    const restore = (values: Record<string, Float32Array>) =>
      names.map((name) => tf.tensor(values[name], [...network.parameters[name].shape]));
    adam.restore(state.step, restore(state.first), restore(state.second));
  }
  const variables = names.map((name) => layers.variables[name]);

  const started = performance.now();
  let running = 0;
  let sinceLog = 0;
  for (let step = state.step; step < options.steps; step++) {
    const random = createRandom(options.seed).fork(`${network.name}/${step}`);
    adam.learningRate = warmUpCosine(step, {
      steps: options.steps,
      learningRate: options.learningRate,
      warmUpSteps: WARM_UP_STEPS,
      floor: 0.01,
    });
    const loss = tf.tidy(() => {
      const batch = task.draw(random);
      const { value, grads } = tf.variableGrads(() => task.loss(layers, batch), variables);
      const gradients = names.map((name) => grads[layers.variables[name].name]);
      const next = adam.step(variables, clipByGlobalNorm(gradients, CLIP_NORM));
      variables.forEach((variable, i) => {
        variable.assign(next[i]);
      });
      return value.dataSync()[0];
    });
    if (!Number.isFinite(loss)) throw new Error(`Loss is ${loss} at step ${step}`);
    running += loss;
    sinceLog++;
    const done = step + 1;
    if (done % AVERAGE_EVERY === 0) updateAverage(average, layers, done);
    const last = done === options.steps;
    if (done % 50 === 0 || last) {
      const perStep = (performance.now() - started) / (done - state.step) / 1000;
      const line = `${network.name} ${done}/${options.steps}  loss ${(running / sinceLog).toFixed(5)}  ${perStep.toFixed(2)} s/step  ${(((options.steps - done) * perStep) / 60).toFixed(1)} min left`;
      console.log(line);
      await appendFile(
        join(options.folder, 'log.jsonl'),
        `${JSON.stringify({ step: done, loss: running / sinceLog })}\n`,
      );
      running = 0;
      sinceLog = 0;
    }
    if (done % options.checkpointEvery === 0 || last) {
      await writeCheckpoint(checkpoint, names, network, layers, average, adam);
      const figures = (await task.validate?.(average)) ?? {};
      console.log(`${network.name} ${done} validation`, figures);
      await appendFile(
        join(options.folder, 'log.jsonl'),
        `${JSON.stringify({ step: done, validation: figures })}\n`,
      );
    }
  }
  layers.dispose();
  adam.dispose();
  return average;
}

function updateAverage(
  average: Record<string, Float32Array>,
  layers: TrainableLayers,
  step: number,
): void {
  // Short memory at the start, so that the average does not drag the random start along.
  const decay = Math.min(AVERAGE_DECAY ** AVERAGE_EVERY, step / (step + 20));
  for (const [name, values] of Object.entries(average)) {
    const current = layers.variables[name].dataSync();
    for (let i = 0; i < values.length; i++) {
      values[i] = values[i] * decay + current[i] * (1 - decay);
    }
  }
}

interface TrainingState {
  step: number;
  values: Record<string, Float32Array>;
  average: Record<string, Float32Array>;
  first?: Record<string, Float32Array>;
  second?: Record<string, Float32Array>;
}

async function freshState(
  network: NetworkDefinition,
  options: TrainingOptions,
): Promise<TrainingState> {
  const values =
    options.from === undefined
      ? initializeParameters(network.parameters, createRandom(options.seed).fork('initialize'))
      : await readAverage(options.from, network);
  const average = Object.fromEntries(
    Object.entries(values).map(([name, data]) => [name, Float32Array.from(data)]),
  );
  return { step: 0, values, average };
}

async function writeCheckpoint(
  file: string,
  names: string[],
  network: NetworkDefinition,
  layers: TrainableLayers,
  average: Record<string, Float32Array>,
  adam: Adam,
): Promise<void> {
  const { steps, first, second } = adam.state();
  const entries = names.flatMap((name, i) => {
    const shape = network.parameters[name].shape;
    const entry = (kind: string, data: Float32Array) =>
      [`${kind}/${name}`, { dtype: 'F32', shape, data }] as const;
    return [
      entry('value', layers.variables[name].dataSync() as Float32Array),
      entry('average', average[name]),
      entry('first', first[i].dataSync() as Float32Array),
      entry('second', second[i].dataSync() as Float32Array),
    ];
  });
  const bytes = serializeSafetensors(entries, { step: String(steps) });
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, file);
}

async function readCheckpoint(file: string, names: string[]): Promise<TrainingState> {
  const archive = parseSafetensors(new Uint8Array(await readFile(file)));
  const group = (kind: string) =>
    Object.fromEntries(
      names.map((name) => {
        const tensor = archive.tensors.get(`${kind}/${name}`);
        if (tensor === undefined) throw new Error(`${file} has no ${kind}/${name}`);
        return [name, toFloat32(tensor, name)];
      }),
    );
  return {
    step: Number(archive.metadata.get('step')),
    values: group('value'),
    average: group('average'),
    first: group('first'),
    second: group('second'),
  };
}

/** The moving average stored in a checkpoint: the weights to ship. */
export async function readAverage(
  file: string,
  network: NetworkDefinition,
): Promise<Record<string, Float32Array>> {
  return (await readCheckpoint(file, Object.keys(network.parameters))).average;
}
