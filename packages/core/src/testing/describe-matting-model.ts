import * as tf from '@tensorflow/tfjs-core';
import type { Differentiability, MattingModel } from '../contracts';
import { stopGradient } from '../ops/stop-gradient';
import type { ConformanceOptions, TestFramework } from './conformance';
import { describeNetwork } from './describe-network';

/**
 * The tests every {@link MattingModel} passes. A model that needs a trimap gets one with all three classes:
 * background at the left edge, unknown in the middle, foreground in a small square.
 *
 * ```ts
 * import { describeMattingModel, mockMattingModel } from '@latent-matte/core/testing';
 * import { describe, it } from 'vitest';
 *
 * // In a test file; your own in place of the mock.
 * describeMattingModel({ describe, it }, () => mockMattingModel(), { title: 'mine' });
 * ```
 *
 * @param create called in every test; the suite disposes what it returns
 * @param options `differentiable` default `'image'`
 */
export function describeMattingModel(
  framework: TestFramework,
  create: () => MattingModel | Promise<MattingModel>,
  options: ConformanceOptions & { differentiable?: Differentiability } = {},
): void {
  const { differentiable = 'image', ...rest } = options;
  describeNetwork<MattingModel>(
    framework,
    create,
    {
      title: 'MattingModel',
      output: 'alpha',
      shape: (batch, height, width) => [batch, height, width, 1],
      range: [0, 1],
      run: (model, image) =>
        tf.tidy(() =>
          model.alpha(model.needsTrimap ? { image, trimap: testTrimap(image) } : { image }),
        ),
      differentiable,
      declared: (model) => model.differentiable,
    },
    rest,
  );
}

/** All three classes: see {@link describeMattingModel}. `[N, H, W, 1]`, owned by the caller. */
export function testTrimap({ shape: [batch, height, width] }: tf.Tensor4D): tf.Tensor4D {
  const values = new Float32Array(height * width).fill(0.5);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x < width / 8) values[y * width + x] = 0;
      else if (Math.hypot(x - width / 2, y - height / 2) < width / 8) values[y * width + x] = 1;
    }
  }
  return stopGradient(() => tf.tile(tf.tensor4d(values, [1, height, width, 1]), [batch, 1, 1, 1]));
}
