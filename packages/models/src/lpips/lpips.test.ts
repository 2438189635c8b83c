import { WeightsError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { checkGradient, describePerceptualModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createLpipsSqueeze } from './lpips-squeeze';
import { createLpipsVgg } from './lpips-vgg';

const isLinear = (name: string) => name.startsWith('lin');
/** As published: the trunk in one file, the linear layers, which are not negative, in another. */
const part = ({ tensors }: WeightArchive, linear: boolean): WeightArchive => ({
  tensors: new Map(
    [...tensors]
      .filter(([name]) => isLinear(name) === linear)
      .map(([name, tensor]) => {
        const values = new Float32Array(tensor.bytes.slice().buffer);
        const bytes = linear ? new Uint8Array(values.map(Math.abs).buffer) : tensor.bytes;
        return [name, { ...tensor, bytes }] as const;
      }),
  ),
});

const slim = { 'features.0.weight': [8, 3, 3, 3] };
const forms = [
  {
    name: 'lpips-squeeze',
    make: createLpipsSqueeze,
    whole: randomCheckpoint(createLpipsSqueeze),
    layers: 7,
    last: '"lin6.model.1.weight" is missing (expected shape [1, 512, 1, 1])',
  },
  {
    name: 'lpips-vgg',
    make: createLpipsVgg,
    // An eighth as wide as the published network.
    whole: randomCheckpoint(createLpipsVgg, { hints: slim }),
    layers: 5,
    last: '"lin4.model.1.weight" is missing (expected shape [1, 64, 1, 1])',
  },
] as const;

for (const { name, make, whole, layers: layerCount, last } of forms)
  eachBackend(() => {
    const trunk = part(whole, false);
    const linear = part(whole, true);
    const create = () => make(trunk, linear);
    describePerceptualModel({ describe, it }, create, { ...manyKinks, title: name });

    it('is 0 for equal pictures, symmetric, and the squared distance of the features', () => {
      const network = create();
      const a = mockPortraits(64, 48, [1, 2]);
      const b = mockPortraits(64, 48, [3, 4]);
      tf.tidy(() => {
        expect(Math.max(...network.distance(a, a).dataSync())).toBe(0);
        const there = network.distance(a, b);
        const back = network.distance(b, a);
        expect(there.shape).toEqual([2]);
        const gap = tf.sum(tf.squaredDifference(network.features(a), network.features(b)), 3);
        for (let i = 0; i < 2; i++) {
          expect(there.dataSync()[i]).toBeGreaterThan(0.001);
          expect(back.dataSync()[i]).toBeCloseTo(there.dataSync()[i], 5);
          expect(gap.dataSync()[i]).toBeCloseTo(there.dataSync()[i], 4);
        }
        const layers = network.layerDistances(a, b);
        expect(layers).toHaveLength(layerCount);
      });
      tf.dispose([a, b]);
      network.dispose();
    });

    it('has a gradient, also where a pixel has no features', async () => {
      const network = create();
      const a = mockPortraits(64, 64, [1]);
      const b = mockPortraits(64, 64, [2]);
      const distance = (x: tf.Tensor) => network.distance(x as tf.Tensor4D, b);
      const { relativeError } = await checkGradient(distance, [a], { epsilon: 5e-5 });
      expect(relativeError).toBeLessThan(0.1);
      const black = tf.zeros<tf.Rank.R4>([1, 64, 64, 3]);
      const gradient = tf.grad((x) => tf.sum(distance(x)))(black);
      expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
      tf.dispose([a, b, black, gradient]);
      network.dispose();
    });

    it('reads the classifier over, and says when one of the two files is missing', () => {
      const published = changed(trunk, { add: { 'classifier.1.weight': [3] } });
      make(published, linear).dispose();
      const alone = () => make(published);
      expect(alone).toThrow(WeightsError);
      expect(alone).toThrow(last);
    });
  }, ['wasm']);

describe('LPIPS with VGG16', () => {
  it('wants the tensors of the published files', () => {
    const wanted = () => createLpipsVgg();
    expect(wanted).toThrow('31 problems');
    expect(wanted).toThrow('"features.28.weight" is missing (expected shape [512, 512, 3, 3])');
    expect(wanted).toThrow('"lin4.model.1.weight" is missing (expected shape [1, 512, 1, 1])');
  });
});
