import { WeightsError } from '@latent-matte/core';
import { checkGradient, describeMattingModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import { withSingularVectors } from '@latent-matte/test-kit/singular-vectors';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createGca } from './gca';
import { attentionMask } from './guided-attention';
import { mix, similarity } from './products';

/** An eighth as wide as the published network. */
const archive = withSingularVectors(
  randomCheckpoint(createGca, { hints: { 'encoder.conv1.module.weight_bar': [4, 6, 3, 3] } }),
);

eachBackend(() => {
  it('multiplies matrices with the gradients of both factors', async () => {
    const [a, b, c] = [3, 4, 5].map((rows, i) =>
      tf.randomNormal<tf.Rank.R3>([2, rows, 6], 0, 1, 'float32', i + 1),
    );
    const run = (...x: tf.Tensor[]) => {
      const [p, q, r] = x as tf.Tensor3D[];
      return mix(similarity(p, q), tf.slice(r, [0, 0, 0], [2, 4, 6]) as tf.Tensor3D);
    };
    const { relativeError } = await checkGradient(run, [a, b, c], { epsilon: 1e-3 });
    expect(relativeError).toBeLessThan(1e-3);
    tf.dispose([a, b, c]);
  });

  it('weighs unknown and known patches by how much of the picture is unknown', () => {
    const unknown = tf.tidy(() => {
      const left = tf.ones<tf.Rank.R4>([1, 64, 32, 1]);
      return tf.pad(left, [
        [0, 0],
        [0, 0],
        [0, 96],
        [0, 0],
      ]) as tf.Tensor4D;
    });
    const { scale, offset } = attentionMask(unknown);
    // A quarter is unknown: columns 0 and 1 of 8, and the patches of column 2 reach into them.
    const [few, many] = [Math.sqrt(1 / 3), Math.sqrt(3)];
    const row = [few, few, few, many, many, many, many, many];
    expect([...scale.dataSync()]).toEqual(
      [...row, ...row, ...row, ...row].map((x) => expect.closeTo(x, 5)),
    );
    const own = tf.reshape(offset, [32, 32]).arraySync() as number[][];
    own.forEach((line, i) => {
      line.forEach((value, j) => {
        expect(value).toBeCloseTo(i === j && i % 8 < 3 ? -1e4 : 0);
      });
    });
    const whole = attentionMask(tf.ones([1, 32, 32, 1]));
    const none = attentionMask(tf.zeros([1, 32, 32, 1]));
    expect(whole.scale.dataSync()[0]).toBeCloseTo(10, 4);
    expect(none.scale.dataSync()[0]).toBeCloseTo(10, 4);
  });
});

eachBackend(() => {
  describeMattingModel({ describe, it }, () => createGca(archive), {
    width: 70,
    height: 64,
    ...manyKinks,
  });

  it('answers for pictures that are all unknown or all known', () => {
    const network = createGca(archive);
    const image = mockPortraits(64, 64, [1]);
    for (const level of [0, 0.5, 1]) {
      const trimap = tf.fill<tf.Rank.R4>([1, 64, 64, 1], level);
      const alpha = network.alpha({ image, trimap });
      const values = alpha.dataSync();
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
      if (level !== 0.5) expect(values.every((value) => value === level)).toBe(true);
      tf.dispose([trimap, alpha]);
    }
    image.dispose();
    network.dispose();
  });

  it('has the published sizes, and names what does not fit', () => {
    const wanted = () => createGca({ tensors: new Map() });
    expect(wanted).toThrow(
      '"decoder.layer1.0.conv1.module.weight_bar" is missing (expected shape [512, 512, 4, 4])',
    );
    expect(wanted).toThrow(
      '"encoder.gca.guidance_conv.weight" is missing (expected shape [64, 128, 1, 1])',
    );
    const wrong = changed(archive, {
      without: 'decoder.conv1.module.weight_u',
      add: { 'decoder.conv1.weight': [4] },
    });
    expect(() => createGca(wrong)).toThrow(WeightsError);
    expect(() => createGca(wrong)).toThrow(
      /"decoder\.conv1\.module\.weight_u" is missing.*"decoder\.conv1\.weight" is unexpected/,
    );
  });
}, ['wasm']);
