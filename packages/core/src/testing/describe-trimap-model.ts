import type { Differentiability, TrimapModel } from '../contracts';
import type { ConformanceOptions, TestFramework } from './conformance';
import { describeNetwork } from './describe-network';

/**
 * The tests every {@link TrimapModel} passes.
 *
 * ```ts
 * import { describeTrimapModel, mockTrimapModel } from '@latent-matte/core/testing';
 * import { describe, it } from 'vitest';
 *
 * // In a test file; your own in place of the mock.
 * describeTrimapModel({ describe, it }, () => mockTrimapModel(), { width: 128, height: 128 });
 * ```
 *
 * @param create called in every test; the suite disposes what it returns
 * @param options `differentiable` default `'image'`
 */
export function describeTrimapModel(
  framework: TestFramework,
  create: () => TrimapModel | Promise<TrimapModel>,
  options: ConformanceOptions & { differentiable?: Differentiability } = {},
): void {
  const { differentiable = 'image', ...rest } = options;
  describeNetwork<TrimapModel>(
    framework,
    create,
    {
      title: 'TrimapModel',
      output: 'logits',
      shape: (batch, height, width) => [batch, height, width, 3],
      run: (model, image) => model.logits(image),
      differentiable,
      declared: (model) => model.differentiable,
    },
    rest,
  );
}
