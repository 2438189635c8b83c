import * as tf from '@tensorflow/tfjs-core';
import type { Differentiability, ForegroundEstimator, PortraitLayers } from '../contracts';
import { composite } from '../imaging/composite';
import {
  type ConformanceOptions,
  check,
  checkAgainstDifferences,
  checkInfo,
  checkNoLeaks,
  checkShape,
  checkValues,
  maxDifference,
  type TestFramework,
  withDefaults,
} from './conformance';
import { mockComposite } from './mock-composite';
import { mockMattingModel } from './mock-models';
import { mockPortraits } from './mock-portrait';

export interface ForegroundConformanceOptions extends ConformanceOptions {
  /** Default `'none'`. */
  differentiable?: Differentiability;
  /** Largest mean absolute error of αF + (1 − α)B against the portrait. Default 0.02. */
  reconstructionTolerance?: number;
  /**
   * Largest mean of α|F − F_true| and of (1 − α)|B − B_true| on a composite whose layers are known, over the pixels
   * with 0 < α < 1. Default 0.05.
   */
  colorTolerance?: number;
}

/**
 * The tests every {@link ForegroundEstimator} passes. Where it is differentiable, image and alpha are both
 * checked.
 *
 * ```ts
 * import { BlurFusionEstimator } from '@latent-matte/core/ops';
 * import { describeForegroundEstimator } from '@latent-matte/core/testing';
 * import { describe, it } from 'vitest';
 *
 * // In a test file; your own in place of this one.
 * describeForegroundEstimator({ describe, it }, () => new BlurFusionEstimator(), {
 *   differentiable: 'image',
 *   gradientEpsilon: 1e-3,
 * });
 * ```
 *
 * @param create called in every test
 */
export function describeForegroundEstimator(
  { describe, it }: TestFramework,
  create: () => ForegroundEstimator | Promise<ForegroundEstimator>,
  given: ForegroundConformanceOptions = {},
): void {
  const options = withDefaults(given, 'ForegroundEstimator');
  const { title, width, height } = options;
  const { differentiable = 'none', reconstructionTolerance = 0.02, colorTolerance = 0.05 } = given;

  const withInputs = async (
    body: (estimator: ForegroundEstimator, image: tf.Tensor4D, alpha: tf.Tensor4D) => Promise<void>,
  ): Promise<void> => {
    const estimator = await create();
    const image = mockPortraits(width, height, [1]);
    const alpha = mockMattingModel({ needsTrimap: false }).alpha({ image });
    try {
      await body(estimator, image, alpha);
    } finally {
      tf.dispose([image, alpha]);
    }
  };

  describe(title, () => {
    it('says what it is', () =>
      withInputs(async (estimator) => {
        checkInfo(estimator);
        check(
          estimator.differentiable === differentiable,
          `differentiable is "${estimator.differentiable}", the suite was told "${differentiable}"`,
        );
      }));

    it('returns layers in [0, 1] that compose to the portrait', () =>
      withInputs(async (estimator, image, alpha) => {
        const { foreground, background } = await estimator.estimate(image, alpha);
        for (const [name, layer] of Object.entries({ foreground, background })) {
          checkShape(name, layer, [1, height, width, 3]);
          await checkValues(name, layer, 0, 1);
        }
        const error = tf.tidy(() =>
          tf.mean(tf.abs(tf.sub(composite(foreground, background, alpha), image))),
        );
        const [mean] = await error.data();
        tf.dispose([foreground, background, error]);
        check(
          mean <= reconstructionTolerance,
          `αF + (1 − α)B differs from the portrait by ${mean} on average`,
        );
      }));

    it('finds the layers a composite was made of', async () => {
      const estimator = await create();
      const scene = mockComposite(width, height);
      const tensors = [scene.image, scene.alpha].map(({ data, channels }) =>
        tf.tensor4d(data, [1, height, width, channels]),
      );
      const layers = await estimator.estimate(tensors[0], tensors[1]);
      const [foreground, background] = await Promise.all([
        layers.foreground.data(),
        layers.background.data(),
      ]);
      disposeLayers(layers);
      tf.dispose(tensors);
      const alpha = scene.alpha.data;
      const transparency = alpha.map((value) => 1 - value);
      const errors = {
        foreground: visibleError(foreground, scene.foreground.data, alpha),
        background: visibleError(background, scene.background.data, transparency),
      };
      for (const [name, error] of Object.entries(errors)) {
        check(error <= colorTolerance, `the ${name} is off by ${error} where it is half visible`);
      }
    });

    it('gives the same bits for the same input', () =>
      withInputs(async (estimator, image, alpha) => {
        const first = await estimator.estimate(image, alpha);
        const second = await estimator.estimate(image, alpha);
        for (const layer of ['foreground', 'background'] as const) {
          const difference = maxDifference(await first[layer].data(), await second[layer].data());
          check(difference === 0, `two calls differ by ${difference} in the ${layer}`);
        }
        disposeLayers(first);
        disposeLayers(second);
      }));

    if (differentiable === 'image') {
      it('has the gradient in image and alpha that finite differences show', () =>
        withInputs(async (estimator, image, alpha) => {
          const layers = (x: tf.Tensor, a: tf.Tensor) => {
            const found = estimator.estimate(x as tf.Tensor4D, a as tf.Tensor4D);
            check(!(found instanceof Promise), 'a differentiable estimator must be synchronous');
            return tf.concat([found.foreground, found.background], 3);
          };
          await checkAgainstDifferences((x) => layers(x, alpha), [image], options);
          await checkAgainstDifferences((a) => layers(image, a), [alpha], options);
        }));
    }

    it('leaves no tensors behind and its inputs alone', () =>
      withInputs(async (estimator, image, alpha) => {
        disposeLayers(await estimator.estimate(image, alpha));
        await checkNoLeaks('estimate()', async () =>
          disposeLayers(await estimator.estimate(image, alpha)),
        );
        check(!image.isDisposed && !alpha.isDisposed, 'the estimator disposed its inputs');
      }));
  });
}

function disposeLayers({ foreground, background }: PortraitLayers): void {
  tf.dispose([foreground, background]);
}

/** Mean of opacity · |found − truth| over the pixels that are neither opaque nor transparent. */
function visibleError(
  found: ArrayLike<number>,
  truth: Float32Array,
  opacity: Float32Array,
): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < truth.length; i++) {
    const weight = opacity[Math.floor(i / 3)];
    if (weight <= 0 || weight >= 1) continue;
    sum += weight * Math.abs(found[i] - truth[i]);
    count++;
  }
  return sum / count;
}
