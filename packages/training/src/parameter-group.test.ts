import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAverage, readCheckpoint, type SavedParameters, writeCheckpoint } from './checkpoint';
import { ParameterGroup } from './parameter-group';

eachBackend(() => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latent-matte-training-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** w → 2: steps of Adam on (w − 2)². */
  const group = (age: number, saved?: SavedParameters) =>
    new ParameterGroup(
      'net/',
      { w: Float32Array.of(1, -1) },
      { w: [2] },
      { learningRate: () => 0.1, clipNorm: 1, averageDecay: 0.9, averageEvery: 2, age },
      saved,
    );
  const steps = (trained: ParameterGroup, count: number): void => {
    for (let i = 0; i < count; i++) {
      tf.tidy(() => {
        const { grads } = tf.variableGrads(
          () => tf.sum(tf.square(tf.sub(trained.variables.w, 2))) as tf.Scalar,
          [...trained.active],
        );
        trained.update(grads);
      });
    }
  };

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const before = tf.memory().numTensors;
    const whole = group(0);
    steps(whole, 7);
    const first = group(0);
    steps(first, 3);
    const file = join(folder, 'checkpoint.safetensors');
    expect(await readCheckpoint(file)).toBeUndefined();
    await writeCheckpoint(file, first.entries(), 3);
    const { saved, step } = (await readCheckpoint(file))!;
    expect(step).toBe(3);
    const second = group(step, saved);
    steps(second, 4);
    expect(second.averages()).toEqual(whole.averages());
    expect(second.entries()).toEqual(whole.entries());
    await writeCheckpoint(file, second.entries(), 7);
    expect(await readAverage(file, ['net/w'])).toEqual({ 'net/w': whole.averages().w });
    await expect(readAverage(file, ['other'])).rejects.toThrow(/has no average\/other/);
    for (const one of [whole, first, second]) one.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
}, ['wasm']);
