import * as tf from '@tensorflow/tfjs-core';
import type { Differentiability, MattingModel } from '../contracts';
import { stopGradient } from '../ops/stop-gradient';
import {
  type ConformanceOptions,
  check,
  type TestFramework,
  using,
  withDefaults,
} from './conformance';
import { describeNetwork } from './describe-network';
import { mockPortraits } from './mock-portrait';

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
 * @param options `differentiable` default `'image'`; `edges`: it has the optional method of this name, which is tested too.
 *   Default false
 */
export function describeMattingModel(
  framework: TestFramework,
  create: () => MattingModel | Promise<MattingModel>,
  options: ConformanceOptions & { differentiable?: Differentiability; edges?: boolean } = {},
): void {
  const { differentiable = 'image', edges = false, ...rest } = options;
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
  if (edges) describeEdges(framework, create, differentiable, rest);
}

/** The tests of {@link MattingModel.edges}. */
function describeEdges(
  framework: TestFramework,
  create: () => MattingModel | Promise<MattingModel>,
  differentiable: Differentiability,
  options: ConformanceOptions,
): void {
  const drawn = (model: MattingModel, image: tf.Tensor4D): tf.Tensor4D => {
    check(model.edges !== undefined, `"${model.name}" has no method "edges"`);
    const alpha = testTrimap(image);
    return model.edges({ image, alpha, unknown: middleOf(alpha) });
  };
  describeNetwork<MattingModel>(
    framework,
    create,
    {
      title: 'edges of a MattingModel',
      output: 'alpha',
      shape: (batch, height, width) => [batch, height, width, 1],
      range: [0, 1],
      run: (model, image) => tf.tidy(() => drawn(model, image)),
      differentiable,
      declared: (model) => model.differentiable,
    },
    options,
  );
  const { title, width, height } = withDefaults(options, 'MattingModel');
  framework.describe(`${title}: what edges leave alone`, () => {
    framework.it('changes nothing but what is unknown', () =>
      using(create, async (model) => {
        const change = tf.tidy(() => {
          const image = mockPortraits(width, height, [1]);
          const alpha = testTrimap(image);
          const changed = tf.abs(tf.sub(drawn(model, image), alpha));
          return tf.max(tf.mul(changed, tf.sub(1, middleOf(alpha))));
        });
        const [most] = await change.data();
        change.dispose();
        check(most === 0, `alpha changes by ${most} where it is not unknown`);
      }),
    );
  });
}

/** 1 where a map is 1/2. */
const middleOf = (x: tf.Tensor4D): tf.Tensor4D => tf.cast(tf.equal<tf.Tensor4D>(x, 0.5), 'float32');

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
