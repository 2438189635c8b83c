import {
  type FloatImage,
  type InvertOptions,
  invertPortrait,
  type LatentCode,
} from '@latent-matte/core';
import { portraitGradients } from '@latent-matte/core/internals';
import { checkLeaks, mockPerceptualModel } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  createStyleGAN2Generator,
  randomStyleGAN2Weights,
  type StyleGAN2Generator,
} from './stylegan2';

const weights = randomStyleGAN2Weights({
  resolution: 32,
  channels: [16, 16, 16, 16],
  styleSize: 16,
  mappingLayers: 2,
  seed: 1,
});

async function withGenerator(
  body: (generator: StyleGAN2Generator, target: FloatImage) => Promise<void>,
): Promise<void> {
  const generator = createStyleGAN2Generator(weights);
  try {
    const made = tf.tidy(() => {
      const z = tf.reshape(tf.linspace(-1.5, 1.5, 16), [1, 16]) as tf.Tensor2D;
      return tf.clipByValue(generator.synthesize(generator.map(z)), 0, 1);
    });
    const data = Float32Array.from(await made.data());
    made.dispose();
    await body(generator, { width: 32, height: 32, channels: 3, data });
  } finally {
    generator.dispose();
  }
}

const perceptual = mockPerceptualModel();

eachBackend(() => {
  describe('invertPortrait with a StyleGAN2 of 32²', () => {
    it('finds a picture it made: W+ first, noise raises the PSNR', () =>
      withGenerator(async (generator, target) => {
        const options: InvertOptions = {
          generator,
          perceptual,
          steps: { styles: 60, noise: 40 },
          noiseLearningRate: 0.5,
        };
        const { history, psnr } = await invertPortrait(target, options);
        const [start, styles] = [history[0]!.psnr, history[60]!.psnr];
        expect(styles).toBeGreaterThan(start + 5);
        expect(psnr).toBeGreaterThan(styles + 6);
        expect(psnr).toBeGreaterThan(27);
      }));

    it('as the projector, in W and in W+', () =>
      withGenerator(async (generator, target) => {
        const project = (space: 'w' | 'w+') =>
          invertPortrait(target, {
            generator,
            perceptual,
            method: 'projector',
            space,
            steps: 15,
            weights: { regularization: 10 },
          });
        const rows = ({ data }: { data: Float32Array }) => [data.slice(0, 16), data.slice(16, 32)];
        const [first, second] = rows((await project('w')).code.styles);
        expect(first).toEqual(second);
        const [one, other] = rows((await project('w+')).code.styles);
        expect(one).not.toEqual(other);
      }));
  });

  it('takes the same gradients segment by segment as in one piece, and frees everything', () =>
    withGenerator(async (generator) => {
      const mean = generator.meanLatent();
      const row = tf.slice(mean.styles, [0, 0, 0], [1, 1, 16]);
      const complete = ({ styles, noise }: LatentCode): LatentCode => ({
        styles: tf.tile(styles, [1, 8, 1]),
        noise,
      });
      const take = (wholeTapePixels: number) =>
        portraitGradients(
          generator,
          { styles: row, noise: mean.noise },
          complete,
          (portrait) => tf.sum(tf.square(portrait)) as tf.Scalar,
          wholeTapePixels,
        );
      const leaks = await checkLeaks(() => {
        const [whole, pieces] = [take(1e9), take(0)];
        expect(pieces.portrait.dataSync()).toEqual(whole.portrait.dataSync());
        whole.gradients.forEach((gradient, i) => {
          const [a, b] = [gradient.dataSync(), pieces.gradients[i]!.dataSync()];
          const size = Math.hypot(...a);
          expect(size).toBeGreaterThan(0);
          expect(Math.hypot(...a.map((value, j) => value - b[j]!))).toBeLessThan(1e-5 * size);
        });
        tf.dispose([whole.portrait, pieces.portrait, ...whole.gradients, ...pieces.gradients]);
      });
      expect(leaks).toEqual({ leaked: 0 });
      tf.dispose([row, mean.styles, ...mean.noise]);
    }));
}, ['wasm']);
