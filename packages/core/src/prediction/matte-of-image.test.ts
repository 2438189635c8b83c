import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { readTensor, rgbTensor } from '../imaging/raster';
import { resizeImage } from '../imaging/resampled-rows';
import { entropyLoss } from '../losses/entropy';
import { mockMattingModel, mockPortrait, mockTrimapModel } from '../testing';
import { matteOfImage } from './matte-of-image';
import { predictMatte } from './predict-matte';

const portrait = mockPortrait(70, 90);

eachBackend(() => {
  it('is the matte that predictMatte makes on tensors', async () => {
    const parts = { trimap: mockTrimapModel(), reference: mockMattingModel() };
    const before = tf.memory().numTensors;
    const matte = await matteOfImage(parts, portrait);
    expect(tf.memory().numTensors).toBe(before);

    const source = rgbTensor(portrait);
    const expected = predictMatte(parts.trimap, parts.reference, source);
    const alpha = await readTensor(expected.alpha);
    const trimap = await readTensor(expected.trimap);
    const entropy = tf.tidy(() => entropyLoss(expected.logits).dataSync()[0]);
    let worst = 0;
    alpha.data.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - matte.alpha.data[i]));
    });
    expect(worst).toBeLessThan(1e-5);
    // Where two classes are as good as equal, the last bit decides.
    const other = trimap.data.filter((value, i) => value !== matte.trimap.data[i]).length;
    expect(other).toBeLessThanOrEqual(2);
    expect(matte.entropy).toBeCloseTo(entropy, 5);
    tf.dispose([source, expected.alpha, expected.trimap, expected.logits]);
    parts.trimap.dispose();
    parts.reference.dispose();
  });

  it('needs no more room on the device for a larger picture', async () => {
    const limit = { multipleOf: 1, min: 1, max: 48 };
    const parts = {
      trimap: { ...mockTrimapModel(), input: limit },
      reference: { ...mockMattingModel(), input: limit },
    };
    const peak = async (factor: number) => {
      const size = [portrait.height * factor, portrait.width * factor] as const;
      const image = resizeImage(portrait, size, 'bilinear');
      const { peakBytes } = await tf.profile(async () => {
        const matte = await matteOfImage(parts, image);
        expect(matte.alpha.data).toHaveLength(size[0] * size[1]);
        return [];
      });
      return peakBytes;
    };
    expect(await peak(6)).toBe(await peak(2));
  });
});
