import { createRandom } from '@latent-matte/core';
import { checkGradient, checkLeaks } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  convolutionParameters,
  depthwiseParameters,
  FrozenLayers,
  initializeParameters,
  type Layers,
  TrainableLayers,
} from './layers';

const normal = { kind: 'normal', gain: 1 } as const;
const parameters = {
  ...convolutionParameters('mix', 3, 9, 5, normal, 0.1),
  ...depthwiseParameters('blur.depthwise', 3, 4),
};
const values = initializeParameters(parameters, createRandom(4));

const map = (seed: number, channels: number): tf.Tensor4D =>
  tf.tensor4d(createRandom(seed).normals(2 * 6 * 5 * channels), [2, 6, 5, channels]);

const maxDifference = (a: tf.Tensor, b: tf.Tensor): number =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

/** Runs with both kinds of layers over the same values, in a tidy. */
function withLayers(body: (frozen: FrozenLayers, trainable: TrainableLayers) => void): void {
  const frozen = new FrozenLayers(parameters, values);
  const trainable = new TrainableLayers(parameters, values);
  tf.tidy(() => body(frozen, trainable));
  frozen.dispose();
  trainable.dispose();
}

eachBackend((backend) => {
  describe.each(['linear', 'relu'] as const)('convolution of a list of maps, %s', (activation) => {
    const run = (layers: Layers, maps: readonly tf.Tensor4D[]) =>
      layers.convolution('mix', maps, activation);

    it('is the convolution of their concatenation', () =>
      withLayers((frozen, trainable) => {
        const maps = [map(1, 4), map(2, 2), map(3, 3)];
        const expected = frozen.convolution('mix', tf.concat(maps, 3), activation);
        expect(expected.shape).toEqual([2, 6, 5, 5]);
        expect(maxDifference(run(frozen, maps), expected)).toBeLessThan(1e-5);
        expect(maxDifference(run(trainable, maps), expected)).toBeLessThan(1e-5);
      }));

    it('has the same gradient in every map', () =>
      withLayers((frozen) => {
        const maps = [map(1, 4), map(2, 2), map(3, 3)];
        const apart = tf.grads((...x: tf.Tensor[]) =>
          tf.sum(tf.square(run(frozen, x as tf.Tensor4D[]))),
        )(maps);
        const together = tf.grad((x) =>
          tf.sum(tf.square(frozen.convolution('mix', x as tf.Tensor4D, activation))),
        )(tf.concat(maps, 3));
        expect(maxDifference(tf.concat(apart, 3), together)).toBeLessThan(1e-4);
      }));
  });

  it('frozen and trainable layers agree', () =>
    withLayers((frozen, trainable) => {
      const x = map(5, 4);
      expect(
        maxDifference(
          frozen.depthwise('blur.depthwise', x),
          trainable.depthwise('blur.depthwise', x),
        ),
      ).toBeLessThan(1e-5);
    }));

  it('has the gradient that finite differences show', async () => {
    const layers = new FrozenLayers(parameters, values);
    const [x, y] = [map(1, 4), map(2, 5)];
    const { relativeError } = await checkGradient(
      (a, b) => {
        const blurred = layers.depthwise('blur.depthwise', a as tf.Tensor4D);
        return layers.convolution('mix', [blurred, b as tf.Tensor4D]);
      },
      [x, y],
    );
    layers.dispose();
    tf.dispose([x, y]);
    expect(relativeError).toBeLessThan(1e-4);
  });

  it('frees everything, also the filters it cut up inside a gradient', async () => {
    const leaks = await checkLeaks(() => {
      const layers = new FrozenLayers(parameters, values);
      tf.tidy(() => {
        const maps = [map(1, 4), map(2, 5)];
        tf.grads((...x: tf.Tensor[]) => tf.sum(layers.convolution('mix', x as tf.Tensor4D[])))(
          maps,
        );
      });
      layers.dispose();
      layers.dispose();
    });
    expect(leaks).toEqual({ leaked: 0 });
  });

  // The wasm backend has no gradient of a depthwise filter.
  if (backend === 'cpu') {
    it('trainable layers give gradients to every parameter', () =>
      withLayers((_, trainable) => {
        const { grads } = tf.variableGrads(() => {
          const blurred = trainable.depthwise('blur.depthwise', map(1, 4));
          return tf.sum(trainable.convolution('mix', [blurred, map(2, 5)], 'relu'));
        });
        const found = Object.values(grads);
        expect(found).toHaveLength(Object.keys(parameters).length);
        for (const gradient of found) {
          expect(tf.max(tf.abs(gradient)).dataSync()[0]).toBeGreaterThan(0);
        }
      }));
  }
});

describe('initializeParameters', () => {
  it('is reproducible, parameter by parameter', () => {
    expect(initializeParameters(parameters, createRandom(4))).toEqual(values);
    const alone = convolutionParameters('mix', 3, 9, 5, normal, 0.1);
    expect(initializeParameters(alone, createRandom(4))['mix.weight']).toEqual(
      values['mix.weight'],
    );
    expect(initializeParameters(parameters, createRandom(5))).not.toEqual(values);
  });

  it('has the variance gain² / fan-in, constant biases, and impulses', () => {
    const wide = convolutionParameters('wide', 3, 64, 64, { kind: 'normal', gain: 2 }, 0.25);
    const made = initializeParameters(wide, createRandom(1));
    const square = made['wide.weight'].reduce((sum, w) => sum + w * w, 0);
    expect(square / made['wide.weight'].length).toBeCloseTo(4 / (9 * 64), 3);
    expect(made['wide.bias'].every((bias) => bias === 0.25)).toBe(true);
    const center = values['blur.depthwise.weight'].slice(16, 20);
    for (const weight of center) expect(Math.abs(weight - 1)).toBeLessThan(0.5);
  });

  it('starts a pixel shuffle as nearest-neighbour enlargement', () => {
    const up = convolutionParameters('up', 1, 3, 8, { kind: 'shuffle', gain: 1 });
    const weight = initializeParameters(up, createRandom(1))['up.weight'];
    for (let row = 0; row < 3; row++) {
      for (let c = 0; c < 8; c++) expect(weight[row * 8 + c]).toBe(weight[row * 8 + (c % 2)]);
    }
  });
});
