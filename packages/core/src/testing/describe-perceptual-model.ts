import type { PerceptualModel } from '../contracts';
import type { ConformanceOptions, TestFramework } from './conformance';
import { describeNetwork } from './describe-network';

/**
 * The tests every {@link PerceptualModel} passes. It is always differentiable: it exists to be a loss.
 *
 * ```ts
 * import { describePerceptualModel, mockPerceptualModel } from '@latent-matte/core/testing';
 * import { describe, it } from 'vitest';
 *
 * // In a test file; your own in place of the mock.
 * describePerceptualModel({ describe, it }, () => mockPerceptualModel());
 * ```
 *
 * @param create called in every test; the suite disposes what it returns
 */
export function describePerceptualModel(
  framework: TestFramework,
  create: () => PerceptualModel | Promise<PerceptualModel>,
  options: ConformanceOptions = {},
): void {
  describeNetwork<PerceptualModel>(
    framework,
    create,
    {
      title: 'PerceptualModel',
      output: 'features',
      shape: (batch) => [batch, undefined, undefined, undefined],
      run: (model, image) => model.features(image),
      differentiable: 'image',
      declared: () => 'image',
    },
    options,
  );
}
