import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  AbortedError,
  DatasetError,
  ImageTooSmallError,
  InvalidImageError,
  InvalidOptionError,
  TrainingError,
  WeightFormatError,
} from '../errors';
import { checkLeaks, mockComposite, mockMattingModel, mockTrainableMatting } from '../testing';
import { parseSafetensors, toFloat32 } from '../weights';
import { fineTune } from './fine-tune';
import { fineTuneSteps } from './fine-tune-steps';
import type { FineTuning } from './fine-tuning';
import type { FineTuneOptions } from './options';
import { serializeMattingModel } from './serialize-matting-model';
import type { FineTuneStep, TrainingPair } from './types';
import { measureModel } from './validation-set';

/** Warm discs before cold walls, of several sizes. */
const pairs: TrainingPair[] = [
  [48, 64],
  [64, 48],
  [56, 56],
].map(([width, height]) => {
  const { image, alpha } = mockComposite(width, height);
  return { image, alpha };
});
const validation = [mockComposite(60, 52)];
const options: FineTuneOptions = {
  pairs,
  validation,
  steps: 12,
  batch: 2,
  crop: 32,
  learningRate: 0.03,
  validateEvery: 4,
  warmUpSteps: 2,
  seed: 5,
};

/** Trains a fresh model. */
async function train(more: FineTuneOptions = {}) {
  const model = mockTrainableMatting();
  try {
    const result = await fineTune(model, { ...options, ...more });
    return { result, bytes: await serializeMattingModel(model) };
  } finally {
    model.dispose();
  }
}

eachBackend(() => {
  it('makes a model better, keeps the best weights, and leaves no tensors behind', async () => {
    let found: FineTuning | undefined;
    const steps: FineTuneStep[] = [];
    const { leaked, error } = await checkLeaks(async () => {
      found = (await train({ steps: 32, onProgress: (step) => steps.push(step) })).result;
    });
    expect(error).toBeUndefined();
    expect(leaked).toBe(0);
    const { before, after, bestStep, history, settings } = found!;
    expect(after!.sad).toBeLessThan(0.8 * before!.sad);
    expect(history.map(({ step }) => step)).toEqual(Array.from({ length: 33 }, (_, i) => i));
    const validated = history.filter((record) => record.validation !== undefined);
    expect(validated.map(({ step }) => step)).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 32]);
    expect(history[bestStep].validation).toEqual(after);
    expect(Math.min(...validated.map((record) => record.validation!.sad))).toBe(after!.sad);
    expect(steps).toHaveLength(33);
    expect(history[2].learningRate).toBeCloseTo(0.03, 8);
    expect(history[32].learningRate).toBeLessThan(0.001);
    expect(settings).toMatchObject({ normalization: 'batch', region: 'unknown', framing: 'crop' });
  });

  it('goes on from a checkpoint, and ends with the same bytes', async () => {
    const checkpoints = new Map<number, Uint8Array>();
    const keep = (bytes: Uint8Array, step: number) => void checkpoints.set(step, bytes);
    const whole = await train({ checkpointEvery: 5, onCheckpoint: keep, optimizer: 'adamw' });
    expect([...checkpoints.keys()]).toEqual([5, 10, 12]);
    const last = checkpoints.get(12);
    for (const step of [5, 10]) {
      const resumed = await train({
        resume: checkpoints.get(step)!,
        checkpointEvery: 5,
        onCheckpoint: keep,
        optimizer: 'adamw',
      });
      expect(resumed.bytes).toEqual(whole.bytes);
      expect(checkpoints.get(12)).toEqual(last);
      expect(resumed.result.history).toEqual(whole.result.history);
      expect(resumed.result.after).toEqual(whole.result.after);
    }
  });

  it('validates and keeps the moving average of the weights', async () => {
    const more = { steps: 4, warmUpSteps: 0, checkpointEvery: 1 };
    const names = ['mix.weight', 'mix.bias', 'head.weight', 'head.bias'];
    const passed: Record<string, Float32Array>[] = [];
    const collect = (bytes: Uint8Array) => {
      const { tensors } = parseSafetensors(bytes);
      const of = (name: string) => toFloat32(tensors.get(`variables/${name}`)!, name);
      passed.push(Object.fromEntries(names.map((name) => [name, of(name)])));
    };
    const start = mockTrainableMatting();
    const average: Record<string, number[]> = {};
    for (const { name, data } of await start.train.weights()) average[name] = [...data];
    start.dispose();
    await train({ ...more, averageDecay: 0, onCheckpoint: collect });
    expect(passed).toHaveLength(4);
    for (const [i, weights] of passed.entries()) {
      const decay = Math.min(0.25, (2 + i) / (11 + i));
      for (const name of names) {
        average[name] = average[name].map((a, k) => a + (1 - decay) * (weights[name][k] - a));
      }
    }
    // Without a validation the last one is kept; with one, what was measured is what is kept.
    const { bytes } = await train({ ...more, averageDecay: 0.25, validation: undefined });
    const { tensors } = parseSafetensors(bytes);
    for (const name of names) {
      for (const [k, value] of toFloat32(tensors.get(name)!, name).entries()) {
        expect(value).toBeCloseTo(average[name][k], 5);
      }
    }
    const model = mockTrainableMatting();
    const { after } = await fineTune(model, { ...options, ...more, averageDecay: 0.25 });
    expect(await measureModel(model, validation, { region: 'unknown' })).toEqual(after);
    model.dispose();
  });

  it('stops when asked, with the best weights and a checkpoint to go on from', async () => {
    const whole = await train();
    for (const when of [3, 4]) {
      const controller = new AbortController();
      let saved: Uint8Array | undefined;
      const failure = await train({
        signal: controller.signal,
        onProgress: ({ step }) => step === when && controller.abort(),
        onCheckpoint: (bytes) => {
          saved = bytes;
        },
      }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(AbortedError);
      const best = (failure as AbortedError<FineTuning>).best!;
      expect(best.steps).toBe(when);
      const resumed = await train({ resume: saved! });
      expect(resumed.bytes).toEqual(whole.bytes);
    }
  });

  it('makes up for a validation that was interrupted', async () => {
    const two = [mockComposite(60, 52), mockComposite(44, 48)];
    const more = { steps: 6, validation: two };
    const whole = await train(more);
    const controller = new AbortController();
    let saved: Uint8Array | undefined;
    let loads = 0;
    const load = async (index: number) => {
      // The first picture of the second validation.
      if (++loads === 3) controller.abort();
      return two[index];
    };
    const failure = await train({
      ...more,
      validation: { length: 2, load },
      signal: controller.signal,
      onCheckpoint: (bytes) => {
        saved = bytes;
      },
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AbortedError);
    expect((failure as AbortedError<FineTuning>).best!.history[4].validation).toBeUndefined();
    const resumed = await train({ ...more, resume: saved! });
    expect(resumed.bytes).toEqual(whole.bytes);
    expect(resumed.result.history).toEqual(whole.result.history);
  });

  it('says at which step the loss broke, and restores the best weights', async () => {
    const model = mockTrainableMatting();
    let updates = 0;
    const { train: training } = model;
    const broken = {
      ...model,
      train: {
        ...training,
        alpha: (...given: Parameters<typeof training.alpha>) =>
          tf.tidy(() =>
            tf.mul(training.alpha(...given), ++updates === 7 ? Number.NaN : 1),
          ) as tf.Tensor4D,
      },
    };
    const { leaked, error } = await checkLeaks(() => fineTune(broken, options));
    expect(error).toBeInstanceOf(TrainingError);
    expect(String(error)).toMatch(/loss is NaN at step 7; .*of step 4 again/);
    expect(leaked).toBe(0);
    const { bytes } = await train({ steps: 12, patience: 10, validateEvery: 4 });
    expect(await serializeMattingModel(model)).not.toEqual(bytes);
    for (const { data } of await training.weights()) expect(data.every(Number.isFinite)).toBe(true);
    model.dispose();
  });

  it('stops early when nothing gets better, with the weights it began with', async () => {
    const model = mockTrainableMatting();
    const before = await serializeMattingModel(model);
    // Mattes turned inside out teach only what makes it worse.
    const inverted = pairs.map(({ image, alpha }) => ({
      image,
      alpha: { ...alpha, data: Float32Array.from(alpha.data, (value) => 1 - value) },
    }));
    const result = await fineTune(model, {
      ...options,
      pairs: inverted,
      steps: 100,
      learningRate: 0.1,
      warmUpSteps: 0,
      validateEvery: 1,
      patience: 3,
    });
    expect(result).toMatchObject({ stoppedEarly: true, steps: 3, bestStep: 0 });
    expect(result.after).toEqual(result.before);
    expect(await serializeMattingModel(model)).toEqual(before);
    model.dispose();
  });

  it('trains a model without a trimap on whole portraits', async () => {
    const model = mockTrainableMatting({ needsTrimap: false });
    const result = await fineTune(model, { ...options, crop: 48, steps: 20, validateEvery: 10 });
    expect(result.settings).toMatchObject({ framing: 'portrait', region: 'image' });
    expect(result.after!.sad).toBeLessThan(result.before!.sad);
    model.dispose();
  });
});

describe('data', () => {
  const few: FineTuneOptions = { ...options, steps: 2, validateEvery: 2 };

  it('takes lists, streams and sets, which train alike', async () => {
    async function* stream() {
      yield* pairs;
      yield { ...pairs[0], gate: { accepted: false } };
    }
    const list = await train(few);
    const streamed = await train({ ...few, pairs: stream() });
    const loads: number[] = [];
    const load = async (index: number) => {
      loads.push(index);
      return pairs[index];
    };
    const set = await train({ ...few, pairs: { length: 3, load }, memory: 1 });
    expect(streamed.bytes).toEqual(list.bytes);
    expect(set.bytes).toEqual(list.bytes);
    // With room for one pair, only a repetition spares a load.
    expect(loads.length).toBeGreaterThan(1);
    expect(loads.every((index, i) => index !== loads[i - 1])).toBe(true);
  });

  it('mixes generated and real pairs by the ratio', async () => {
    const counted = (counts: number[], index: number) => ({
      length: 3,
      load: async (i: number) => {
        counts[index]++;
        return pairs[i];
      },
    });
    const counts = [0, 0];
    await train({
      ...few,
      steps: 10,
      memory: 1,
      ratio: 0.8,
      pairs: counted(counts, 0),
      real: counted(counts, 1),
    });
    expect(counts[0] + counts[1]).toBeGreaterThan(10);
    expect(counts[0]).toBeGreaterThan(counts[1]);
    expect(counts[1]).toBeGreaterThan(0);
  });

  it.each([
    [{ pairs: [] }, DatasetError, /no pair among the pairs/],
    [{ pairs: undefined }, InvalidOptionError, /nothing to train on/],
    [{ real: [] }, DatasetError, /no pair among the real/],
    [{ validation: [] }, DatasetError, /no pair to validate/],
    [{ pairs, memory: 10 }, DatasetError, /more than 10 bytes/],
    [
      { pairs: [{ name: 'anna', image: pairs[0].image, alpha: pairs[1].alpha }] },
      InvalidImageError,
      /Pair anna of pairs: The picture is 48×64 and the matte 64×48/,
    ],
    [{ pairs: [mockComposite(20, 40)] }, ImageTooSmallError, /Pair number 0 of pairs: It is 20×40/],
  ] as [FineTuneOptions, new (...args: never[]) => Error, RegExp][])(
    'refuses %#',
    async (more, kind, message) => {
      const { leaked, error } = await checkLeaks(() => train({ ...few, ...more }));
      expect(error).toBeInstanceOf(kind);
      expect(String(error)).toMatch(message);
      expect(leaked).toBe(0);
    },
  );
});

describe('options', () => {
  it.each([
    [{ steps: 0 }, /steps is 0/],
    [{ crop: 30 }, /crop is 30; "mock-trainable" takes sides from 16 to 256 .* multiples of 4/],
    [{ ratio: 1.5 }, /ratio is 1.5/],
    [{ learningRate: 0 }, /learningRate is 0/],
    [{ averageDecay: 1 }, /averageDecay is 1/],
    [{ losses: { beauty: 1 } as never }, /no loss called "beauty"/],
    [{ losses: { alpha: 0, gradient: 0, compositional: 0 } }, /No term of the loss/],
    [{ augment: { flip: 2 } }, /augment\.flip is 2/],
    [{ trainable: () => false }, /No variable of "mock-trainable" is trained/],
  ] as [FineTuneOptions, RegExp][])('refuses %#', async (more, message) => {
    const { error } = await checkLeaks(() => train(more));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(String(error)).toMatch(message);
  });

  it('refuses a model that cannot be trained', async () => {
    await expect(fineTune(mockMattingModel(), options)).rejects.toThrow(/cannot be fine-tuned/);
  });

  it('moves only the variables it is told to', async () => {
    const model = mockTrainableMatting();
    const before = await model.train.weights();
    await fineTune(model, {
      ...options,
      validation: undefined,
      normalization: 'frozen',
      trainable: (name) => name.startsWith('head.'),
    });
    const after = await model.train.weights();
    const moved = after.filter(({ data }, i) => data.some((v, k) => v !== before[i].data[k]));
    expect(moved.map(({ name }) => name)).toEqual(['head.weight', 'head.bias']);
    model.dispose();
  });

  it('refuses checkpoints of another training, and damaged ones', async () => {
    let saved: Uint8Array | undefined;
    await train({
      steps: 2,
      onCheckpoint: (bytes) => {
        saved = bytes;
      },
    });
    const resume = saved!;
    const attempt = (more: FineTuneOptions) =>
      checkLeaks(() => train({ steps: 2, resume, ...more }));
    const other = await attempt({ learningRate: 0.01, pairs: pairs.slice(1) });
    expect(other.error).toBeInstanceOf(InvalidOptionError);
    expect(String(other.error)).toMatch(
      /learningRate was 0.03 and is 0.01; number of pairs was 3 and is 2/,
    );
    expect(other.leaked).toBe(0);
    const weights = await train({ steps: 2 });
    for (const damaged of [weights.bytes, resume.slice(0, 200), new Uint8Array(3)]) {
      const { error, leaked } = await attempt({ resume: damaged });
      expect(error).toBeInstanceOf(WeightFormatError);
      expect(leaked).toBe(0);
    }
  });
});

it('leaves the model with its best weights when the caller loses interest', async () => {
  const model = mockTrainableMatting();
  const { leaked } = await checkLeaks(async () => {
    for await (const { step } of fineTuneSteps(model, options)) if (step === 6) break;
  });
  expect(leaked).toBe(0);
  const { tensors, metadata } = parseSafetensors(await serializeMattingModel(model));
  expect(metadata.get('network')).toBe('mock-trainable');
  expect(tensors.size).toBe(5);
  model.dispose();
});
