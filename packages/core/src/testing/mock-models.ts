import * as tf from '@tensorflow/tfjs-core';
import {
  type Differentiability,
  type Discriminator,
  type Generator,
  type GeneratorContext,
  type InputSizeRule,
  type LatentCode,
  type MattingModel,
  type PerceptualModel,
  SPEC_VERSION,
  type TrimapModel,
} from '../contracts';
import { resize } from '../ops/resize';
import { stopGradient } from '../ops/stop-gradient';

/**
 * Models of a few lines with no weights, for tests of code that uses models: deterministic, differentiable,
 * and right about `mockPortrait` (what is bright is the person).
 */
const info = { specVersion: SPEC_VERSION, license: 'MIT (no weights)' } as const;

export interface MockOptions {
  /** Default `mock-trimap`, `mock-matting` … */
  name?: string;
  /** Default `{ multipleOf: 1, min: 8, max: 1024 }`. */
  input?: InputSizeRule;
}

export interface MockMatteOptions extends MockOptions {
  /** Default `'image'`. With `'none'` nothing is recorded for gradients: a black box. */
  differentiable?: Differentiability;
  /**
   * Brightness added from the left to the right edge. Default 0.1. Not zero, so that the prediction changes
   * under a flip, as a real network's does.
   */
  tilt?: number;
}

const anySize: InputSizeRule = { multipleOf: 1, min: 8, max: 1024 };

/** Mean colour plus tilt, `[N, H, W, 1]`. */
function brightness(image: tf.Tensor4D, tilt: number): tf.Tensor4D {
  const slope = tf.reshape(tf.linspace(-tilt / 2, tilt / 2, image.shape[2]), [
    1,
    1,
    image.shape[2],
    1,
  ]);
  return tf.add(tf.mean(image, 3, true), slope) as tf.Tensor4D;
}

/** Black boxes run outside of the tape. */
function recorded<T>(differentiable: Differentiability, f: () => T): T {
  return differentiable === 'image' ? f() : stopGradient(f);
}

/**
 * Background below a brightness s of 0.4, foreground above 0.6: logits 20 · (0.4 − s, 0, s − 0.6).
 *
 * ```ts
 * import { mockPortraits, mockTrimapModel } from '@latent-matte/core/testing';
 *
 * const logits = mockTrimapModel().logits(mockPortraits(64, 64, [1]));
 * console.log(logits.shape); // [1, 64, 64, 3]
 * ```
 */
export function mockTrimapModel({
  name = 'mock-trimap',
  input = anySize,
  differentiable = 'image',
  tilt = 0.1,
}: MockMatteOptions = {}): TrimapModel {
  return {
    ...info,
    name,
    input,
    differentiable,
    logits: (image) =>
      recorded(differentiable, () =>
        tf.tidy(() => {
          const s = brightness(image, tilt);
          return tf.mul(tf.sub(tf.mul(s, [-1, 0, 1]), [-0.4, 0, 0.6]), 20) as tf.Tensor4D;
        }),
      ),
    dispose() {},
  };
}

/**
 * Alpha σ(16 · (s − 0.5)) of the brightness s; with a trimap, known pixels keep its value.
 *
 * ```ts
 * import { mockMattingModel, mockPortraits } from '@latent-matte/core/testing';
 *
 * const model = mockMattingModel({ needsTrimap: false });
 * const alpha = model.alpha({ image: mockPortraits(64, 64, [1]) });
 * console.log(alpha.shape); // [1, 64, 64, 1]
 * ```
 */
export function mockMattingModel({
  name = 'mock-matting',
  input = anySize,
  differentiable = 'image',
  tilt = 0.1,
  needsTrimap = true,
}: MockMatteOptions & { needsTrimap?: boolean } = {}): MattingModel {
  return {
    ...info,
    name,
    input,
    differentiable,
    needsTrimap,
    alpha: ({ image, trimap }) =>
      recorded(differentiable, () =>
        tf.tidy(() => {
          const s = brightness(image, tilt);
          const alpha = tf.sigmoid(tf.mul(tf.sub(s, 0.5), 16)) as tf.Tensor4D;
          if (!needsTrimap) return alpha;
          if (trimap === undefined) throw new TypeError(`${name} needs a trimap`);
          const unknown = tf.cast(tf.equal(trimap, 0.5), 'float32');
          const foreground = tf.cast(tf.greater(trimap, 0.75), 'float32');
          return tf.add(tf.mul(alpha, unknown), foreground) as tf.Tensor4D;
        }),
      ),
    dispose() {},
  };
}

/**
 * Finds warm pictures of middling contrast real: 4 · mean(red − blue) + 1 − 4 · mean((x − ½)²).
 *
 * ```ts
 * import { mockDiscriminator } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const score = mockDiscriminator().score(tf.ones([1, 64, 64, 3]));
 * console.log(await score.data()); // [0]: not warm, 4 · 0 + 1 − 4 · ¼
 * ```
 */
export function mockDiscriminator({
  name = 'mock-discriminator',
  input = anySize,
}: MockOptions = {}): Discriminator {
  return {
    ...info,
    name,
    input,
    score: (image) =>
      tf.tidy(() => {
        const warmth = tf.mean(tf.mul(image, [12, 0, -12]), [1, 2, 3]);
        const contrast = tf.mean(tf.square(tf.sub(image, 0.5)), [1, 2, 3]);
        const logit = tf.add(tf.sub(warmth, tf.mul(contrast, 4)), 1);
        return tf.reshape(logit, [image.shape[0], 1]);
      }),
    dispose() {},
  };
}

/**
 * At a quarter of the size: brightness, red − green and green − blue, through tanh. `[N, ⌈H/4⌉, ⌈W/4⌉, 3]`.
 *
 * ```ts
 * import { mockPerceptualModel, mockPortraits } from '@latent-matte/core/testing';
 *
 * const features = mockPerceptualModel().features(mockPortraits(64, 64, [1]));
 * console.log(features.shape); // [1, 16, 16, 3]
 * ```
 */
export function mockPerceptualModel({
  name = 'mock-perceptual',
  input = anySize,
}: MockOptions = {}): PerceptualModel {
  return {
    ...info,
    name,
    input,
    features: (image) =>
      tf.tidy(() => {
        const [n, height, width] = image.shape;
        const size = [Math.ceil(height / 4), Math.ceil(width / 4)] as const;
        const pixels = tf.reshape(resize(image, size, 'area'), [-1, 3]) as tf.Tensor2D;
        const mix = tf.tensor2d([
          [1, 2, 0],
          [1, -2, 2],
          [1, 0, -2],
        ]);
        return tf.reshape(tf.tanh(tf.matMul(pixels, mix)), [n, ...size, 3]) as tf.Tensor4D;
      }),
    dispose() {},
  };
}

/**
 * A generator with both kinds of latents that knows one portrait I, so that its inverse is exact:
 *
 *     G(w, n) = I + r · tanh((Σ_layers w + up(n)) / r)
 *
 * `styles` is `[2, 3]`, one colour shift per layer; `noise` one map at a quarter of the size, three channels.
 * The mapping network repeats z, `[N, 3]`, for both layers.
 *
 * ```ts
 * import { mockGenerator, mockPortraits } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const generator = mockGenerator({ image: mockPortraits(64, 64, [1]) });
 * const noise: tf.Tensor4D[] = [tf.zeros([1, 16, 16, 3])];
 * const portrait = generator.synthesize({ styles: tf.zeros([1, 2, 3]), noise });
 * console.log(portrait.shape); // [1, 64, 64, 3], and the portrait it knows
 * generator.dispose();
 * ```
 *
 * @param context as every generator factory; the image is copied
 */
export function mockGenerator(
  { image }: GeneratorContext,
  { name = 'mock-generator', range = 0.2 }: { name?: string; range?: number } = {},
): Generator {
  const portrait = tf.clone(image);
  const [, height, width] = image.shape;
  const map = [Math.ceil(height / 4), Math.ceil(width / 4), 3] as const;
  const code = (styles: tf.Tensor3D): LatentCode => ({
    styles,
    noise: [tf.zeros([styles.shape[0], ...map])],
  });
  return {
    ...info,
    name,
    range,
    resolution: [height, width],
    latents: { styles: [2, 3], noise: [map] },
    encode: () => code(tf.zeros([1, 2, 3])),
    meanLatent: () => code(tf.zeros([1, 2, 3])),
    map: (z, { truncation = 1 } = {}) =>
      code(
        tf.tidy(() => {
          const layer = tf.expandDims(tf.mul(z, truncation), 1);
          return tf.concat([layer, layer], 1) as tf.Tensor3D;
        }),
      ),
    synthesize: ({ styles, noise }) =>
      tf.tidy(() => {
        const shift = tf.reshape(tf.sum(styles, 1), [styles.shape[0], 1, 1, 3]);
        const change = tf.div(tf.add(resize(noise[0], [height, width]), shift), range);
        return tf.add(portrait, tf.mul(tf.tanh(change), range)) as tf.Tensor4D;
      }),
    dispose: () => portrait.dispose(),
  };
}
