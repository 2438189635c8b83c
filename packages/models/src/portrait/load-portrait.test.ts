import { WeightFormatError, WeightsError } from '@latent-matte/core';
import { serializeSafetensors } from '@latent-matte/core/checkpoints';
import { checkLeaks } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { hashedPortrait } from '../testing/hashed-portrait';
import { portraitLoaders } from './load-portrait';

const file = serializeSafetensors(hashedPortrait().tensors);

eachBackend(() => {
  it('reads the file once for all models, and again after them', async () => {
    let reads = 0;
    const load = portraitLoaders(async () => {
      reads++;
      return file;
    });
    const { leaked, error } = await checkLeaks(async () => {
      const before = tf.memory().numTensors;
      const [trimap, matting] = await Promise.all([load.trimap(), load.matting()]);
      const tensors = tf.memory().numTensors;
      const matte = await load.matte();
      expect(tf.memory().numTensors).toBe(tensors);
      expect(reads).toBe(1);
      expect([trimap, matting, matte].map(({ name }) => name)).toEqual([
        'portrait-trimap',
        'portrait-matting',
        'portrait-matte',
      ]);
      for (const model of [trimap, matting, matte]) model.dispose();
      expect(tf.memory().numTensors).toBe(before);
      (await load.matte()).dispose();
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });

  it('says what is wrong with a file, and tries again', async () => {
    const contents = [new Uint8Array(4), serializeSafetensors([]), file];
    const load = portraitLoaders(async () => contents.shift()!);
    await expect(load.matte()).rejects.toThrow(WeightFormatError);
    await expect(load.matte()).rejects.toThrow(WeightsError);
  });
}, ['wasm']);
