import type { MattingModel, TrimapModel } from '@latent-matte/core';
import {
  checkGradient,
  checkLeaks,
  describeMattingModel,
  describeTrainableMatting,
  describeTrimapModel,
  mockMattingModel,
  mockPortraits,
  mockTrimapModel,
} from '@latent-matte/core/testing';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { archiveOfWeights } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FeatureMap } from '../layers/feature-map';
import { hashedPortrait } from '../testing/hashed-portrait';
import { PortraitMatte, PortraitMatting, PortraitTrimap } from './models';

const framework = { describe, it };
// Random networks have their kinks close together: small steps cross few of them.
const kinks = { gradientEpsilon: 5e-4, gradientTolerance: 0.03 };
const archive = hashedPortrait();

/** The least side is what the weights were trained for; the network itself takes small pictures, which are fast. */
function small<Model extends TrimapModel | MattingModel>(model: Model): Model {
  return Object.assign(model, { input: { ...model.input, min: 64 } });
}

/** Columns of background, unknown and foreground. */
function thirds(width: number, height: number): FeatureMap {
  const row = tf.tensor1d(Array.from({ length: width }, (_, x) => Math.floor((3 * x) / width) / 2));
  return tf.tidy(() => tf.tile(tf.reshape(row, [1, 1, width, 1]), [1, height, 1, 1]) as FeatureMap);
}

const largestDifference = (a: tf.Tensor, b: tf.Tensor): number =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

everyBackend(() => {
  describeTrimapModel(framework, () => small(new PortraitTrimap(archive)), kinks);
  describeMattingModel(framework, () => small(new PortraitMatting(archive)), kinks);
  describeMattingModel(framework, () => small(new PortraitMatte(archive)), kinks);
  describeTrainableMatting(framework, () => new PortraitMatting(archive, { trainable: true }), {
    ...kinks,
    gradientTolerance: 0.06,
    reload: (weights) => new PortraitMatting(archiveOfWeights(weights)),
  });

  it('answers at the size of any picture', () => {
    const image = mockPortraits(75, 90, [1]);
    const trimap = thirds(75, 90);
    const models = [
      new PortraitTrimap(archive),
      new PortraitMatting(archive),
      new PortraitMatte(archive),
    ] as const;
    tf.tidy(() => {
      expect(models[0].logits(image).shape).toEqual([1, 90, 75, 3]);
      expect(models[1].alpha({ image, trimap }).shape).toEqual([1, 90, 75, 1]);
      expect(models[2].alpha({ image }).shape).toEqual([1, 90, 75, 1]);
    });
    for (const model of models) model.dispose();
  });

  it('keeps the known pixels of the trimap, and asks for one', () => {
    const model = new PortraitMatting(archive);
    const [image, trimap] = [mockPortraits(96, 64, [1]), thirds(96, 64)];
    const alpha = tf.tidy(() => model.alpha({ image, trimap }).dataSync());
    const given = trimap.dataSync();
    alpha.forEach((value, i) => {
      if (given[i] === 0.5) expect(value > 0 && value < 1).toBe(true);
      else expect(value).toBe(given[i]);
    });
    expect(() => model.alpha({ image })).toThrow(/was given no trimap/);
    model.dispose();
  });

  it('takes a trimap for a matte that needs none, and hears its segmenter besides', () => {
    const [image, trimap] = [mockPortraits(96, 64, [1]), thirds(96, 64)];
    const [own, none] = [hashedPortrait({ prior: true }), hashedPortrait()];
    const models = [
      new PortraitMatte(none),
      new PortraitMatting(none),
      new PortraitMatte(own),
      new PortraitMatting(own),
    ];
    const answers = models.map((model) => model.alpha({ image, trimap }));
    const difference = (a: number, b: number) => largestDifference(answers[a]!, answers[b]!);
    expect([difference(0, 1), difference(1, 3)]).toEqual([0, 0]);
    expect(difference(2, 3)).toBeGreaterThan(1e-5);
    expect(() => models[0]!.alpha({ image, trimap: thirds(64, 64) })).toThrow(/was given a trimap/);
    for (const model of models) model.dispose();
    tf.dispose([image, trimap, answers]);
  });

  it('shares one network among the models of an archive, and frees it with the last', async () => {
    const { leaked, error } = await checkLeaks(() => {
      const before = tf.memory().numTensors;
      const first = new PortraitTrimap(archive);
      const one = tf.memory().numTensors - before;
      const second = new PortraitMatte(archive);
      expect(tf.memory().numTensors - before).toBe(one);
      first.dispose();
      first.dispose();
      expect(tf.memory().numTensors - before).toBe(one);
      second.dispose();
      const own = new PortraitMatte(archive, { trainable: true });
      const other = new PortraitMatte(archive, { trainable: true });
      expect(own.variables!()).not.toBe(other.variables!());
      own.dispose();
      other.dispose();
      expect(second.variables).toBeUndefined();
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });

  it('answers for trimap and matte by one pass, where both ask one network and hear one prior', async () => {
    const image = mockPortraits(75, 90, [1]);
    const own = hashedPortrait({ prior: true });
    const { leaked, error } = await checkLeaks(() => {
      const trimap = new PortraitTrimap(own);
      const matte = new PortraitMatte(own);
      tf.tidy(() => {
        const both = matte.alphaAndLogits(image, trimap)!;
        expect(largestDifference(both.alpha, matte.alpha({ image }))).toBe(0);
        expect(largestDifference(both.logits, trimap.logits(image))).toBe(0);
      });
      const others = [
        new PortraitTrimap(own, { prior: 'none' }),
        new PortraitTrimap(archive),
        mockTrimapModel(),
      ];
      for (const other of others) {
        expect(matte.alphaAndLogits(image, other)).toBeUndefined();
        other.dispose();
      }
      trimap.dispose();
      matte.dispose();
    });
    image.dispose();
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });

  it('hears a prior, of any size, and gradients flow through it', async () => {
    const image = mockPortraits(64, 96, [1]);
    const plain = new PortraitMatte(archive);
    const model = new PortraitMatte(archive, {
      prior: (picture) => tf.mean(tf.avgPool(picture, 4, 4, 'valid'), 3, true),
    });
    const [without, heard] = [plain.alpha({ image }), model.alpha({ image })];
    expect(largestDifference(without, heard)).toBeGreaterThan(1e-4);
    const { relativeError } = await checkGradient(
      (x) => model.alpha({ image: x as FeatureMap }),
      [image],
      {
        epsilon: 5e-5,
      },
    );
    expect(relativeError).toBeLessThan(0.03);
    tf.dispose([image, without, heard]);
    plain.dispose();
    model.dispose();
  });

  it('hears the segmenter that came with its weights, unless a trimap or another prior is given', async () => {
    const [image, trimap] = [mockPortraits(75, 90, [1]), thirds(75, 90)];
    const [own, none] = [hashedPortrait({ prior: true }), hashedPortrait()];
    const answers = (from: typeof own, prior?: 'none' | ((picture: FeatureMap) => FeatureMap)) =>
      [
        new PortraitTrimap(from, { prior }),
        new PortraitMatte(from, { prior }),
        new PortraitMatting(from, { prior }),
      ].map((model) => {
        const answer =
          'logits' in model
            ? model.logits(image)
            : model.alpha({ image, trimap: model.needsTrimap ? trimap : undefined });
        expect(model.prior).toBeUndefined();
        model.dispose();
        return answer;
      });
    const [heard, deaf, plain] = [answers(own), answers(own, 'none'), answers(none)];
    const differences = (a: tf.Tensor[], b: tf.Tensor[]) =>
      a.map((x, i) => largestDifference(x, b[i]));
    expect(differences(deaf, plain)).toEqual([0, 0, 0]);
    const [trimaps, mattes, matting] = differences(heard, deaf);
    expect(trimaps).toBeGreaterThan(1e-3);
    expect(mattes).toBeGreaterThan(1e-4);
    expect(matting).toBe(0);
    const model = new PortraitMatte(own);
    const { relativeError } = await checkGradient(
      (x) => model.alpha({ image: x as FeatureMap }),
      [image],
      { epsilon: 5e-5 },
    );
    expect(relativeError).toBeLessThan(0.03);
    model.dispose();
    tf.dispose([image, trimap, heard, deaf, plain]);
  });

  it('takes trimap and matting models as priors, at sizes they accept', () => {
    const sizes: string[] = [];
    const seen = (image: FeatureMap) => sizes.push(image.shape.slice(1, 3).join('×'));
    const input = { multipleOf: 8, min: 16, max: 32 };
    const trimap: TrimapModel = {
      ...mockTrimapModel(),
      input,
      logits(image) {
        seen(image);
        // Surely foreground, surely unknown: 1 and 1/2.
        const zeros = tf.zeros<tf.Rank.R4>([1, image.shape[1], image.shape[2], 1]);
        return tf.concat([zeros, zeros, tf.add(zeros, 100)], 3) as FeatureMap;
      },
    };
    const matting: MattingModel = {
      ...mockMattingModel({ needsTrimap: false }),
      input,
      needsTrimap: false,
      differentiable: 'none',
      alpha({ image }) {
        seen(image);
        return tf.ones([1, image.shape[1], image.shape[2], 1]);
      },
    };
    const image = mockPortraits(64, 96, [1]);
    const answers = [trimap, matting, () => tf.ones<tf.Rank.R4>([1, 2, 2, 1])].map((prior) => {
      const model = new PortraitTrimap(archive, { prior });
      const logits = model.logits(image);
      model.dispose();
      return logits;
    });
    expect(sizes).toEqual(['32×24', '32×24']);
    expect(largestDifference(answers[0], answers[2])).toBeLessThan(1e-5);
    expect(largestDifference(answers[1], answers[2])).toBeLessThan(1e-5);
    tf.dispose([image, ...answers]);
    const needy = mockMattingModel({ needsTrimap: true });
    expect(() => new PortraitMatte(archive, { prior: needy })).toThrow(/cannot be a prior/);
  });
}, ['wasm', 'tensorflow']);
