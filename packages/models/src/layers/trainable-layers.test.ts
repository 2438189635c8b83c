import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { checkVariableGradient, mockPortraits } from '@latent-matte/core/testing';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { archiveOfWeights, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Layer, SplitLayer } from './layer-specs';
import { NetworkBuilder } from './network-builder';

/** Every kind of layer that a trainable network may have, smooth so that finite differences are exact. */
function network(archive: WeightArchive, trainable: boolean) {
  const build = new NetworkBuilder(archive, 'small', { trainable });
  const smooth = (x: tf.Tensor4D): tf.Tensor4D => tf.tanh(x);
  const stem: Layer = build.convolution('stem', {
    inputs: 3,
    outputs: 8,
    kernel: 3,
    stride: 2,
    norm: { name: 'stem_norm' },
    activation: smooth,
  });
  const wide: Layer = build.depthwise('wide', {
    channels: 8,
    kernel: 3,
    dilation: 2,
    norm: { name: 'wide_norm' },
    activation: smooth,
  });
  const down: Layer = build.depthwise('down', { channels: 8, kernel: 3, stride: 2, bias: true });
  const join: SplitLayer = build.convolutions('join', {
    inputs: [8, 3],
    outputs: [4, 2],
    kernel: [1, 3],
    dilation: 1,
    bias: true,
    // Half of the channels, as in MODNet.
    norm: { name: 'join_norm', channels: 3 },
    activation: smooth,
  });
  const dense: Layer = build.convolution('dense', {
    inputs: 4,
    outputs: 2,
    kernel: 1,
    linear: true,
  });
  const weights = build.finish();
  const run = (image: tf.Tensor4D): tf.Tensor4D => {
    const small = tf.avgPool(image, 4, 4, 'valid');
    const [a, b] = join([down(wide(stem(image))), small]);
    return tf.add(dense(a), b);
  };
  return { run, weights };
}

const archive = randomCheckpoint((given) => network(given, false).weights.dispose());

everyBackend(() => {
  it('computes what the frozen layers compute, before training and after', async () => {
    const image = mockPortraits(16, 24, [1, 2]);
    const frozen = network(archive, false);
    const trained = network(archive, true);
    const far = (other: typeof frozen) =>
      tf.tidy(
        () => tf.max(tf.abs(tf.sub(other.run(image), trained.run(image)))).dataSync()[0] as number,
      );
    expect(far(frozen)).toBeLessThan(1e-5);

    const { trainable } = trained.weights;
    const first = trainable!.variables['stem.weight'];
    tf.tidy(() => first.assign(tf.mul(first, 1.5)));
    trainable!.mode = 'batch';
    trained.run(image).dispose();
    trainable!.mode = 'frozen';
    expect(far(frozen)).toBeGreaterThan(1e-3);
    const reloaded = network(archiveOfWeights(await trainable!.weights()), false);
    expect(far(reloaded)).toBeLessThan(1e-5);
    for (const { weights } of [frozen, trained, reloaded]) weights.dispose();
    image.dispose();
  });

  it.each(['frozen', 'batch'] as const)('has right gradients in %s mode', async (mode) => {
    const image = mockPortraits(16, 24, [1, 2, 3]);
    const { run, weights } = network(archive, true);
    const { trainable } = weights;
    trainable!.mode = mode;
    const { relativeError } = await checkVariableGradient(
      () => tf.tidy(() => run(image)),
      Object.values(trainable!.variables),
      { epsilon: 3e-3 },
    );
    expect(relativeError).toBeLessThan(0.01);
    weights.dispose();
    image.dispose();
  });

  it('follows the statistics of its batches as PyTorch does', () => {
    const image = mockPortraits(16, 24, [1, 2]);
    const { run, weights } = network(archive, true);
    const { state, variables } = weights.trainable!;
    const before = state['stem_norm.running_var'].dataSync().slice();
    weights.trainable!.mode = 'batch';
    tf.tidy(() => {
      run(image);
      const filter = variables['stem.weight'] as unknown as tf.Tensor4D;
      const y = tf.conv2d(
        tf.pad(image, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]),
        filter,
        2,
        'valid',
      );
      const count = y.size / 8;
      const { variance } = tf.moments(y, [0, 1, 2]);
      const unbiased = tf.mul(variance, count / (count - 1)).dataSync();
      const found = state['stem_norm.running_var'].dataSync();
      found.forEach((value, c) => {
        expect(value).toBeCloseTo(0.9 * before[c] + 0.1 * unbiased[c], 5);
      });
    });
    weights.dispose();
    image.dispose();
  });
}, ['cpu', 'wasm', 'tensorflow']);
