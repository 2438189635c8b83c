import type { Discriminator } from '../contracts';
import type { ConformanceOptions, TestFramework } from './conformance';
import { describeNetwork } from './describe-network';

/**
 * The tests every {@link Discriminator} passes. It is always differentiable: it exists to be a loss.
 *
 * ```ts
 * import { describeDiscriminator, mockDiscriminator } from '@latent-matte/core/testing';
 * import { describe, it } from 'vitest';
 *
 * // In a test file; your own in place of the mock.
 * describeDiscriminator({ describe, it }, () => mockDiscriminator());
 * ```
 *
 * @param create called in every test; the suite disposes what it returns
 */
export function describeDiscriminator(
  framework: TestFramework,
  create: () => Discriminator | Promise<Discriminator>,
  options: ConformanceOptions = {},
): void {
  describeNetwork<Discriminator>(
    framework,
    create,
    {
      title: 'Discriminator',
      output: 'score',
      shape: (batch) => [batch, 1],
      run: (model, image) => model.score(image),
      differentiable: 'image',
      declared: () => 'image',
    },
    options,
  );
}
