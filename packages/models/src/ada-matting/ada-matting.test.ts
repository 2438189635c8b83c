import { WeightsError } from '@latent-matte/core';
import { parseSafetensors } from '@latent-matte/core/checkpoints';
import { fineTune, serializeMattingModel } from '@latent-matte/core/fine-tune';
import {
  checkGradient,
  checkLeaks,
  describeMattingModel,
  mockComposite,
  mockPortraits,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { manyKinks } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { adaMattingWeights, createAdaMatting } from './index';
import { multiTaskLoss } from './multi-task-loss';

/** A sixteenth as wide as in the paper, one block a stage. */
const small = { width: 4, depths: [1, 1, 1, 1], seed: 3 };
const archive = adaMattingWeights(small);
const trimapOf = (side: number) => tf.fill<tf.Rank.R4>([1, side, side, 1], 0.5);

eachBackend(() => {
  describeMattingModel({ describe, it }, () => createAdaMatting(archive), {
    title: 'MattingModel: odd sides',
    width: 35,
    height: 33,
    ...manyKinks,
  });

  it('has ResNet-50, two decoders and a propagation unit at full size', () => {
    const nothing = { tensors: new Map() };
    const message = () => createAdaMatting(nothing);
    expect(message).toThrow(
      '"encoder.layer3.5.conv2.weight" is missing (expected shape [256, 256, 3, 3])',
    );
    expect(message).toThrow('"encoder.conv1.weight" is missing (expected shape [64, 4, 7, 7])');
    expect(message).toThrow(
      '"propagation.gates.weight" is missing (expected shape [128, 64, 3, 3])',
    );
    expect(message).toThrow(
      '"trimap_decoder.last.weight" is missing (expected shape [3, 32, 3, 3])',
    );
    expect(message).toThrow(WeightsError);
  });

  it('makes the same weights of one seed, and others of another', () => {
    const bytes = (seed: number) =>
      adaMattingWeights({ ...small, seed }).tensors.get('encoder.conv1.weight')!.bytes;
    expect(bytes(1)).toEqual(bytes(1));
    expect(bytes(1)).not.toEqual(bytes(2));
  });

  it('takes 0, 1 or its estimate as its adapted trimap says, and keeps what the given one knows', () => {
    const network = createAdaMatting(archive);
    const image = mockPortraits(64, 64, [1]);
    const trimap = trimapOf(64);
    const made = network.prediction({ image, trimap });
    const answer = network.answer({ image, trimap });
    trimap.dispose();
    const classes = tf.tidy(() => tf.argMax(answer.logits, 3).dataSync());
    const [alpha, estimate] = [made.dataSync(), answer.alpha.dataSync()];
    const counts = [0, 0, 0];
    for (let i = 0; i < alpha.length; i++) {
      counts[classes[i]]++;
      expect(alpha[i]).toBeCloseTo([0, estimate[i], 1][classes[i]], 6);
    }
    expect(counts[1]).toBeGreaterThan(0);
    expect(counts[0] + counts[2]).toBeGreaterThan(0);
    const known = tf.tidy(() => network.alpha({ image, trimap: tf.ones([1, 64, 64, 1]) }));
    expect(known.dataSync().every((value) => value === 1)).toBe(true);
    tf.dispose([image, made, answer.logits, answer.alpha, known]);
    network.dispose();
  });

  it('weighs its two losses by their uncertainty, with the right gradients', async () => {
    const truth = mockTruth(16);
    const run = (...x: tf.Tensor[]) => {
      const [logits, alpha, a, b] = x;
      return multiTaskLoss({ logits: logits as tf.Tensor4D, alpha: alpha as tf.Tensor4D }, truth, {
        trimap: a,
        alpha: b,
      });
    };
    const inputs = [
      tf.randomNormal([1, 16, 16, 3], 0, 1, 'float32', 1),
      tf.randomUniform([1, 16, 16, 1], 0, 1, 'float32', 2),
      tf.tensor1d([-0.3]),
      tf.tensor1d([0.4]),
    ];
    const { relativeError } = await checkGradient(run, inputs, { epsilon: 1e-3 });
    expect(relativeError).toBeLessThan(0.02);
    // dL/da = 0 where σ_T² = L_T, and dL/db = 0 where σ_α² = 2 L_α: there each task weighs as much as it errs.
    const plain = run(inputs[0], inputs[1], tf.tensor1d([0]), tf.tensor1d([0])).dataSync()[0];
    expect(plain).toBeGreaterThan(Math.LN2);
    tf.dispose([inputs, truth.alpha, truth.contrast]);
  });

  it('learns its tasks by fineTune, uncertainties too, and is read back from its file', async () => {
    const { leaked, error } = await checkLeaks(async () => {
      const network = createAdaMatting(archive, { trainable: true });
      const before = Object.fromEntries(
        Object.entries(network.variables!()).map(([name, v]) => [name, v.dataSync().slice()]),
      );
      const { history, settings } = await fineTune(network, {
        pairs: [mockComposite(64, 72), mockComposite(80, 64)],
        steps: 2,
        batch: 2,
        crop: 64,
        learningRate: 1e-3,
        warmUpSteps: 0,
        averageDecay: 0,
        seed: 1,
      });
      expect(settings.normalization).toBe('batch');
      // The whole objective: cross-entropy and log 2 are in it, which the terms of alpha are not.
      expect(history[1].loss).toBeGreaterThan(history[1].losses!.alpha);
      for (const name of [
        'uncertainty.trimap',
        'uncertainty.alpha',
        'trimap_decoder.last.weight',
      ]) {
        expect(network.variables!()[name].dataSync()).not.toEqual(before[name]);
      }
      const again = createAdaMatting(parseSafetensors(await serializeMattingModel(network)));
      const difference = tf.tidy(() => {
        const image = mockPortraits(64, 64, [1]);
        const input = { image, trimap: trimapOf(64) };
        const [a, b] = [network.answer(input), again.answer(input)];
        return tf.max(tf.abs(tf.sub(a.alpha, b.alpha))).dataSync()[0];
      });
      expect(difference).toBeLessThan(1e-4);
      again.dispose();
      network.dispose();
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });
}, ['wasm']);

function mockTruth(side: number) {
  const alpha = tf.randomUniform<tf.Rank.R4>([1, side, side, 1], 0, 1, 'float32', 5);
  const contrast = tf.zeros<tf.Rank.R4>([1, side, side, 3]);
  return {
    alpha,
    contrast,
    alphaLoss: (predicted: tf.Tensor4D, region: tf.Tensor4D) =>
      tf.mean(tf.mul(tf.abs(tf.sub(predicted, alpha)), region)) as tf.Scalar,
  };
}
