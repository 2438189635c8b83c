import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, type Random } from '@latent-matte/core';
import { warmUpCosine } from '@latent-matte/core/ops';
import {
  initializeParameters,
  type NetworkDefinition,
  TrainableLayers,
} from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { readAverage, readCheckpoint, writeCheckpoint } from './checkpoint';
import { ParameterGroup } from './parameter-group';

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

  const { saved, step: first } = (await readCheckpoint(checkpoint)) ?? {
    saved: undefined,
    step: 0,
  };
  const start =
    options.from === undefined || saved !== undefined
      ? initializeParameters(network.parameters, createRandom(options.seed).fork('initialize'))
      : await readAverage(options.from, names);
  const layers = new TrainableLayers(
    network.parameters,
    Object.fromEntries(names.map((name) => [name, saved?.get(`value/${name}`) ?? start[name]])),
  );
  const shapes = Object.fromEntries(names.map((name) => [name, network.parameters[name].shape]));
  const group = new ParameterGroup(
    '',
    start,
    shapes,
    {
      variables: layers.variables,
      learningRate: (update) =>
        warmUpCosine(first + update - 1, {
          steps: options.steps,
          learningRate: options.learningRate,
          warmUpSteps: WARM_UP_STEPS,
          floor: 0.01,
        }),
      clipNorm: CLIP_NORM,
      averageDecay: AVERAGE_DECAY,
      averageEvery: AVERAGE_EVERY,
      age: first,
    },
    saved,
  );

  const started = performance.now();
  let running = 0;
  let sinceLog = 0;
  for (let step = first; step < options.steps; step++) {
    const random = createRandom(options.seed).fork(`${network.name}/${step}`);
    const loss = tf.tidy(() => {
      const batch = task.draw(random);
      const { value, grads } = tf.variableGrads(() => task.loss(layers, batch), [...group.active]);
      group.update(grads);
      return value.dataSync()[0];
    });
    if (!Number.isFinite(loss)) throw new Error(`Loss is ${loss} at step ${step}`);
    running += loss;
    sinceLog++;
    const done = step + 1;
    const last = done === options.steps;
    if (done % 50 === 0 || last) {
      const perStep = (performance.now() - started) / (done - first) / 1000;
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
      await writeCheckpoint(checkpoint, group.entries(), done);
      const figures = (await task.validate?.(group.averages())) ?? {};
      console.log(`${network.name} ${done} validation`, figures);
      await appendFile(
        join(options.folder, 'log.jsonl'),
        `${JSON.stringify({ step: done, validation: figures })}\n`,
      );
    }
  }
  const averages = group.averages();
  group.dispose();
  return averages;
}
