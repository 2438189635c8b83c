import { WeightsError } from '@latent-matte/core';
import { checkLeaks, describePerceptualModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createVgg16 } from './vgg16';

/** An eighth as wide as the published network. */
const archive = randomCheckpoint(createVgg16, { hints: { 'features.0.weight': [8, 3, 3, 3] } });

eachBackend(() => {
  describePerceptualModel({ describe, it }, () => createVgg16(archive), manyKinks);

  it('has the size of VGG16 up to conv4_2', () => {
    const wanted = () => createVgg16({ tensors: new Map() });
    expect(wanted).toThrow('"features.19.weight" is missing (expected shape [512, 512, 3, 3])');
    expect(wanted).toThrow('18 problems');
  });

  it('gives conv4_2 before and after its ReLU', () => {
    const image = mockPortraits(40, 24, [1]);
    const [before, after] = (['conv4_2', 'relu4_2'] as const).map((layer) => {
      const network = createVgg16(archive, { layer });
      const features = network.features(image);
      network.dispose();
      return features;
    });
    expect(before.shape).toEqual([1, 3, 5, 64]);
    const expected = before.dataSync().map((value) => Math.max(0, value));
    expect(before.dataSync().some((value) => value < 0)).toBe(true);
    const rest = after.dataSync().map((value, i) => Math.abs(value - expected[i]));
    expect(Math.max(...rest)).toBeLessThan(1e-5);
    tf.dispose([image, before, after]);
  });

  it('reads the whole published file, and names what does not belong', async () => {
    const whole = changed(archive, {
      add: { 'features.21.weight': [2], 'features.28.bias': [2], 'classifier.6.weight': [2] },
    });
    createVgg16(whole).dispose();
    const wrong = changed(archive, { without: 'features.19.bias', add: { 'conv1.bias': [2] } });
    const { leaked, error } = await checkLeaks(() => createVgg16(wrong));
    expect(leaked).toBe(0);
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as Error).message).toMatch(/vgg16.*"features\.19\.bias" is missing/);
    expect((error as Error).message).toContain('"conv1.bias" is unexpected');
  });
}, ['wasm']);
