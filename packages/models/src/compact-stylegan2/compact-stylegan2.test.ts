import '@latent-matte/core/gradients';
import {
  createRandom,
  generators,
  invertPortrait,
  type LatentCode,
  type LatentEncoder,
  SPEC_VERSION,
  WeightsError,
} from '@latent-matte/core';
import { setActiveBackend } from '@latent-matte/core/internal';
import { checkLeaks, describeGenerator, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { fileBackend } from '@latent-matte/test-kit/file-backend';
import { archiveOf } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { catalogueEntry, loadModel } from '../index';
import { loadCompactEncoder, loadCompactGenerator } from '../load-compact-generator';
import {
  createStyleGAN2Generator,
  randomStyleGAN2Weights,
  synthesisOperations,
} from '../stylegan2';
import { COMPACT_STYLEGAN2 } from './architecture';
import { CompactEncoder } from './compact-encoder';
import { CompactGenerator } from './compact-generator';

beforeAll(() => setActiveBackend(fileBackend()));

it('costs at most 2 GMAC a pass', () => {
  expect(synthesisOperations(COMPACT_STYLEGAN2)).toBeLessThan(2e9);
  expect(COMPACT_STYLEGAN2.resolution).toBe(256);
});

// The suite on a small network: at 256² finite differences take a minute, and are rounded.
eachBackend(() => {
  const weights = randomStyleGAN2Weights({
    resolution: 32,
    channels: [6, 5, 4, 4],
    styleSize: 8,
    mappingLayers: 2,
    seed: 1,
  });
  const encoder: LatentEncoder = {
    specVersion: SPEC_VERSION,
    name: 'none',
    license: 'MIT',
    encode: () => ({ styles: tf.zeros([1, 8, 8]) as tf.Tensor3D, noise: [] }),
    dispose: () => {},
  };
  // Weights of training's start are not bounded as trained ones are.
  describeGenerator(
    { describe, it },
    () => new CompactGenerator(createStyleGAN2Generator(weights), encoder),
    { title: 'CompactGenerator', width: 32, height: 32, excess: 10, gradientEpsilon: 2e-4 },
  );
});

// At 256² the plain backend takes seconds a pass.
eachBackend(() => {
  it('as shipped, makes portraits in [0, 1] or close to it, the same for the same code', async () => {
    const generator = await loadCompactGenerator();
    const leaks = await checkLeaks(() => {
      const z = tf.tensor2d(createRandom(1).normals(512), [2, 256]);
      const code = generator.map(z, { truncation: 0.7 });
      const [once, again] = [generator.synthesize(code), generator.synthesize(code)];
      expect(once.shape).toEqual([2, 256, 256, 3]);
      const values = once.dataSync();
      expect(values).toEqual(again.dataSync());
      expect(values.every((value) => value > -0.5 && value < 1.5)).toBe(true);
      const [first, second] = [
        values.subarray(0, values.length / 2),
        values.subarray(values.length / 2),
      ];
      expect(first).not.toEqual(second);
      tf.dispose([z, once, again, code.styles, ...code.noise]);
    });
    expect(leaks).toEqual({ leaked: 0 });
    generator.dispose();
  });

  it('loads by name, in a registry too, with its encoder', async () => {
    const generator = await loadModel('compact-generator');
    const registered = await generators.create('compact-generator', {
      image: tf.zeros([1, 8, 8, 3]),
    });
    const encoder = await loadModel('compact-encoder');
    expect(generator).toBeInstanceOf(CompactGenerator);
    expect((generator as CompactGenerator).latents.styles).toEqual([14, 256]);
    expect(registered.encoder).toBeInstanceOf(CompactEncoder);
    expect(encoder).toBeInstanceOf(CompactEncoder);
    const { license } = catalogueEntry('compact-generator')!;
    for (const model of [generator, registered, encoder]) {
      expect(model.license).toBe(license);
      model.dispose();
    }
    await expect(loadModel('compact-generator', { weights: new Uint8Array() })).rejects.toThrow(
      'comes with its weights',
    );
  });

  it('reads portraits of any size, alone and in batches, and frees what it took', async () => {
    const leaks = await checkLeaks(async () => {
      const encoder = await loadCompactEncoder();
      for (const [height, width] of [
        [40, 56],
        [300, 260],
      ]) {
        const image = mockPortraits(width, height, [1, 2]);
        const one = tf.slice(image, 0, 1);
        const [both, alone] = [encoder.encode(image), encoder.encode(one)];
        expect(both.styles.shape).toEqual([2, 14, 256]);
        expect(both.noise).toHaveLength(13);
        const gap = tf.tidy(() =>
          tf.max(tf.abs(tf.sub(tf.slice(both.styles, 0, 1), alone.styles))).dataSync(),
        );
        expect(gap[0]).toBeLessThan(1e-4);
        tf.dispose([image, one, both.styles, ...both.noise, alone.styles, ...alone.noise]);
      }
      encoder.dispose();
    });
    expect(leaks).toEqual({ leaked: 0 });
  });

  it('inverts from its encoder unless told otherwise', async () => {
    const generator = await loadCompactGenerator();
    // A portrait of its own, so that the test does not hang on how well it was trained.
    const [photo, mean] = tf.tidy(() => {
      const z = tf.randomNormal([1, 256], 0, 1, 'float32', 4) as tf.Tensor2D;
      const own = generator.synthesize(generator.map(z, { truncation: 1 }));
      const average = generator.synthesize(generator.meanLatent());
      return [own, average].map((image) => tf.clipByValue(image, 0, 1).dataSync() as Float32Array);
    });
    const image = { width: 256, height: 256, channels: 3, data: photo } as const;
    const still = { generator, steps: { styles: 0, noise: 0 }, weights: { perceptual: 0 } };
    const fromEncoder = await invertPortrait(image, still);
    const fromMean = await invertPortrait(image, { ...still, start: 'mean' });
    expect(mean).not.toEqual(photo);
    expect(fromEncoder.psnr).toBeGreaterThan(fromMean.psnr + 1);
    const moved = await invertPortrait(image, { ...still, steps: { styles: 2, noise: 2 } });
    expect(moved.psnr).toBeGreaterThan(fromEncoder.psnr);
    generator.dispose();
  });

  it('refuses codes of another shape', async () => {
    const generator = await loadCompactGenerator();
    const code = generator.meanLatent();
    const image = {
      width: 16,
      height: 16,
      channels: 3,
      data: new Float32Array(16 * 16 * 3),
    } as const;
    const short: LatentCode = {
      styles: tf.slice(code.styles, [0, 0, 0], [1, 13, 256]),
      noise: code.noise,
    };
    await expect(invertPortrait(image, { generator, start: short })).rejects.toThrow(
      /\[1?,? ?14, 256\]/,
    );
    const fewer: LatentCode = { styles: code.styles, noise: code.noise.slice(1) };
    await expect(invertPortrait(image, { generator, start: fewer })).rejects.toThrow(/\[8, 8, 1\]/);
    tf.dispose([short.styles, code.styles, ...code.noise]);
    generator.dispose();
  });

  it('refuses weights of another encoder by name', () => {
    const before = tf.memory().numTensors;
    const archive = archiveOf({ 'base.bias': [[4], new Float32Array(4)] });
    expect(() => new CompactEncoder(archive, { name: 'mine', license: 'MIT' })).toThrow(
      WeightsError,
    );
    expect(() => new CompactEncoder(archive, { name: 'mine', license: 'MIT' })).toThrow(
      /base\.bias/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
}, ['wasm']);
