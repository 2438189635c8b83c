import '@latent-matte/core/gradients';
import { createRandom, type LatentCode } from '@latent-matte/core';
import { pullBackSegments, runSegments, type Segment } from '@latent-matte/core/ops';
import {
  checkGradient,
  checkLeaks,
  describeDiscriminator,
  describeGenerator,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createStyleGAN2Discriminator, createStyleGAN2Generator } from './create';
import { randomStyleGAN2Weights } from './random-weights';

const framework = { describe, it };
const tiny = { resolution: 32, channels: [6, 5, 4, 4], styleSize: 8, mappingLayers: 2 };
const weights = randomStyleGAN2Weights({ ...tiny, seed: 1 });
const generator = () => createStyleGAN2Generator(weights);

/** A random code near the mean. */
function codeOf(made: ReturnType<typeof generator>, seed = 3): LatentCode {
  const random = createRandom(seed);
  const { styles, noise } = made.latents;
  const normals = (shape: number[]) =>
    tf.tensor(random.normals(shape.reduce((a, b) => a * b)), shape);
  return {
    styles: normals([1, ...styles]) as tf.Tensor3D,
    noise: noise.map((size) => normals([1, ...size]) as tf.Tensor4D),
  };
}

eachBackend(() => {
  // Weights of training's start are not bounded as trained ones are: portraits lie far outside of [0, 1].
  describeGenerator(framework, generator, {
    title: 'StyleGAN2Generator',
    width: 32,
    height: 32,
    excess: 10,
    gradientEpsilon: 2e-4,
  });
  describeDiscriminator(framework, () => createStyleGAN2Discriminator(weights), {
    title: 'StyleGAN2Discriminator',
    width: 32,
    height: 32,
    gradientEpsilon: 1e-3,
  });

  describe('StyleGAN2', () => {
    it('has the same gradient in segments as on one tape, bit for bit, in w and every noise map', async () => {
      const made = generator();
      const judge = createStyleGAN2Discriminator(weights);
      const code = codeOf(made);
      const tensors = [code.styles as tf.Tensor, ...code.noise];
      const codeFrom = ([styles, ...noise]: readonly tf.Tensor[]) =>
        ({ styles, noise }) as unknown as LatentCode;
      const loss = (image: tf.Tensor) => tf.sum(judge.score(image as tf.Tensor4D));
      const expected = tf.tidy(() =>
        tf
          .grads((...all) => loss(made.synthesize(codeFrom(all))))(tensors)
          .map((t) => t.dataSync()),
      ) as unknown as Float32Array[];
      const segments: Segment[] = [
        ...made.segments().map(
          ({ name, run, segments: inner }): Segment => ({
            name,
            run: (state, all) => run(state as tf.Tensor4D[], codeFrom(all)),
            segments: inner?.map((piece) => ({
              name: piece.name,
              run: (state, all) => piece.run(state as tf.Tensor4D[], codeFrom(all)),
            })),
          }),
        ),
        ...judge.segments(),
      ];
      let found: Float32Array[] = [];
      const leaks = await checkLeaks(() => {
        const states = runSegments(segments, [], tensors);
        const one = tf.ones([1, 1]);
        const { parameters } = pullBackSegments(segments, states, tensors, [one]);
        found = parameters.map((t) => t!.dataSync() as Float32Array);
        tf.dispose([one, ...(parameters as tf.Tensor[])]);
      });
      tf.dispose(tensors);
      made.dispose();
      judge.dispose();
      expect(leaks).toEqual({ leaked: 0 });
      expect(found).toHaveLength(expected.length);
      for (const [i, values] of expected.entries()) expect(found[i]).toEqual(values);
    });

    it('synthesizes a batch as its members, also with noise maps for the whole batch', async () => {
      const made = generator();
      const codes = [codeOf(made, 1), codeOf(made, 2)];
      const difference = tf.tidy(() => {
        const both = made.synthesize({
          styles: tf.concat(codes.map(({ styles }) => styles)),
          noise: codes[0].noise,
        });
        const apart = tf.concat(
          codes.map(({ styles }) => made.synthesize({ styles, noise: codes[0].noise })),
        );
        return tf.max(tf.abs(tf.sub(both, apart))).dataSync()[0];
      });
      const { relativeError } = await checkGradient(
        (noise) =>
          made.synthesize({
            styles: tf.concat(codes.map(({ styles }) => styles)),
            noise: codes[0].noise.map((map, i) => (i === 2 ? (noise as tf.Tensor4D) : map)),
          }),
        [codes[0].noise[2]],
        { epsilon: 1e-3 },
      );
      for (const { styles, noise } of codes) tf.dispose([styles, ...noise]);
      made.dispose();
      expect(difference).toBeLessThan(1e-4);
      expect(relativeError).toBeLessThan(0.02);
    });

    it('pulls codes to the mean by truncation', () => {
      const made = generator();
      tf.tidy(() => {
        const z = tf.tensor2d(createRandom(2).normals(8), [1, 8]);
        const mean = made.meanLatent().styles;
        const [full, half, none] = [1, 0.5, 0].map(
          (truncation) => made.map(z, { truncation }).styles,
        );
        const gap = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
        expect(gap(none, mean)).toBeLessThan(1e-6);
        expect(gap(tf.div(tf.add(full, mean), 2), half)).toBeLessThan(1e-6);
        expect(gap(full, mean)).toBeGreaterThan(0.1);
      });
      made.dispose();
    });

    it('judges pictures of other sizes at its own, and groups of four when asked to', () => {
      const judge = createStyleGAN2Discriminator(weights, { groupSize: 4 });
      const alone = createStyleGAN2Discriminator(weights);
      tf.tidy(() => {
        const images = tf.randomUniform([4, 32, 32, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
        expect(judge.score(tf.zeros([1, 48, 40, 3])).shape).toEqual([1, 1]);
        const [grouped, single] = [judge.score(images), alone.score(images)].map((t) =>
          t.dataSync(),
        );
        expect(grouped).not.toEqual(single);
        // In a group of one the statistic is a constant.
        const first = tf.slice(images, 0, 1) as tf.Tensor4D;
        expect(judge.score(first).dataSync()).toEqual(alone.score(first).dataSync());
      });
      judge.dispose();
      alone.dispose();
    });

    it('bounds every layer when it was trained with mixed precision', () => {
      const [free, bounded] = [null, 0.05].map((clamp) =>
        createStyleGAN2Generator(weights, { clamp }),
      );
      const code = codeOf(free);
      const spread = (made: typeof free) =>
        tf.tidy(() => tf.max(tf.abs(tf.sub(made.synthesize(code), 0.5))).dataSync()[0]);
      // The sum over four resolutions of RGB in [-0.05, 0.05], halved for [0, 1].
      expect(spread(bounded)).toBeLessThanOrEqual(0.1 + 1e-6);
      expect(spread(free)).toBeGreaterThan(0.1);
      tf.dispose([code.styles, ...code.noise]);
      free.dispose();
      bounded.dispose();
    });
  });
});
