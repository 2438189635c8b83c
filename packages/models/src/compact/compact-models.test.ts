import {
  describeDiscriminator,
  describeMattingModel,
  describePerceptualModel,
  describeTrainableMatting,
  describeTrimapModel,
  mockPortraits,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { randomWeights } from '../testing/random-weights';
import {
  CompactDiscriminator,
  CompactMatting,
  CompactPerceptual,
  CompactTrimap,
} from './compact-models';
import { FrozenLayers, TrainableLayers } from './layers';
import {
  discriminatorNetwork,
  mattingNetwork,
  type NetworkDefinition,
  parameterCount,
  trimapNetwork,
} from './networks';

const networks = [trimapNetwork, mattingNetwork, discriminatorNetwork];
const weights = new Map(networks.map((network) => [network, randomWeights(network)]));
const framework = { describe, it };
// Random networks have their kinks close together: small steps cross few of them.
const kinks = { gradientEpsilon: 5e-5, gradientTolerance: 0.02 };

describe.each(networks)('$name', (network) => {
  it('has fewer than 1.5 million parameters', () => {
    const count = parameterCount(network);
    expect(count).toBeGreaterThan(50_000);
    expect(count).toBeLessThan(1_500_000);
  });
});

/** Output of a network, and the gradient of its mean square in the first input. */
function run(network: NetworkDefinition, kind: 'frozen' | 'trainable', gradient: boolean) {
  const values = weights.get(network)!;
  const layers =
    kind === 'frozen'
      ? new FrozenLayers(network.parameters, values)
      : new TrainableLayers(network.parameters, values);
  const inputs = mockPortraits(64, 64, [1, 2]);
  const others = network === mattingNetwork ? [mockPortraits(64, 64, [3, 4])] : [];
  const f = (x: tf.Tensor) => network.run(layers, x as tf.Tensor4D, ...others);
  const result = tf.tidy(() => [
    f(inputs),
    ...(gradient ? [tf.grad((x) => tf.mean(tf.square(f(x))))(inputs)] : []),
  ]);
  const data = result.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose([inputs, others, result]);
  layers.dispose();
  return data;
}

eachBackend((backend) => {
  it.each(networks)('$name: frozen and trainable layers agree', (network) => {
    // Stock gradients of depthwise layers exist on cpu only.
    const gradient = backend === 'cpu';
    const frozen = run(network, 'frozen', gradient);
    const trainable = run(network, 'trainable', gradient);
    expect(frozen).toHaveLength(gradient ? 2 : 1);
    frozen.forEach((values, i) => {
      const scale = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      expect(scale).toBeGreaterThan(0);
      const error = values.reduce(
        (max, value, k) => Math.max(max, Math.abs(value - trainable[i][k])),
        0,
      );
      expect(error / scale).toBeLessThan(1e-5);
    });
  });

  it('compact-matting keeps the known pixels of the trimap', () => {
    const model = new CompactMatting(weights.get(mattingNetwork)!);
    const image = mockPortraits(64, 64, [1]);
    const thirds = tf.tensor1d(Array.from({ length: 64 }, (_, x) => Math.floor(x / 22) / 2));
    const trimap = tf.tidy(() => tf.tile(tf.reshape(thirds, [1, 1, 64, 1]), [1, 64, 1, 1]));
    const alpha = model.alpha({ image, trimap: trimap as tf.Tensor4D });
    const values = alpha.dataSync();
    values.forEach((value, i) => {
      const known = Math.floor((i % 64) / 22) / 2;
      if (known === 0.5) expect(value > 0 && value < 1).toBe(true);
      else expect(value).toBe(known);
    });
    expect(() => model.alpha({ image })).toThrow(/asked without a trimap/);
    tf.dispose([image, thirds, trimap, alpha]);
    model.dispose();
  });

  it('compact-matting has variables only when it is trainable', () => {
    const values = weights.get(mattingNetwork)!;
    const fixed = new CompactMatting(values);
    const trainable = new CompactMatting(values, { trainable: true });
    expect(fixed.variables).toBeUndefined();
    expect(Object.keys(trainable.variables!())).toEqual(Object.keys(mattingNetwork.parameters));
    fixed.dispose();
    trainable.dispose();
  });

  describeTrainableMatting(
    framework,
    () => new CompactMatting(weights.get(mattingNetwork)!, { trainable: true }),
    {
      ...(backend === 'cpu' && { width: 16, height: 16 }),
      ...kinks,
      gradientTolerance: 0.06,
      reload: (list) =>
        new CompactMatting(Object.fromEntries(list.map(({ name, data }) => [name, data]))),
    },
  );

  it('compact-trimap answers at the size of any picture', () => {
    const model = new CompactTrimap(weights.get(trimapNetwork)!);
    const image = mockPortraits(75, 45, [1]);
    const logits = model.logits(image);
    expect(logits.shape).toEqual([1, 45, 75, 3]);
    tf.dispose([image, logits]);
    model.dispose();
  });

  // In plain JavaScript these take minutes; its kernels were compared above.
  if (backend === 'wasm') {
    describeTrimapModel(framework, () => new CompactTrimap(weights.get(trimapNetwork)!), kinks);
    describeMattingModel(framework, () => new CompactMatting(weights.get(mattingNetwork)!), kinks);
    describeDiscriminator(
      framework,
      () => new CompactDiscriminator(weights.get(discriminatorNetwork)!),
      kinks,
    );
    describePerceptualModel(
      framework,
      () => new CompactPerceptual(weights.get(trimapNetwork)!),
      kinks,
    );
  }
});
