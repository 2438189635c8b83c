import { type GeneratorContext, InvalidOptionError } from '@latent-matte/core';
import { MultiLevelEstimator } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { LayeredGenerator, type LayeredOptions } from './layered-generator';

/**
 * A {@link LayeredGenerator} for the working portrait of a run, with the matte that the run knows best and layers by
 * multi-level estimation.
 *
 * ```ts
 * import { enhancePortrait } from '@latent-matte/core';
 * import { createLayeredGenerator } from '@latent-matte/models';
 *
 * await enhancePortrait(photo, {
 *   advanced: { generator: (context) => createLayeredGenerator(context, { band: 8 }) },
 * });
 * ```
 *
 * @throws InvalidOptionError no matte: the generator was not made by `enhancePortrait`; or options out of range
 * @throws AbortedError the run was cancelled while its matte was made
 */
export async function createLayeredGenerator(
  { image, matte }: GeneratorContext,
  options: LayeredOptions = {},
): Promise<LayeredGenerator> {
  if (matte === undefined) {
    throw new InvalidOptionError(
      'Generator "layered" needs the matte of its portrait, and there is none here.',
      'Use it with enhancePortrait, or make a LayeredGenerator of a matte and layers of your own.',
    );
  }
  const alpha = await matte();
  const layers = await new MultiLevelEstimator().estimate(image, alpha);
  try {
    return new LayeredGenerator({ image, alpha, ...layers }, options);
  } finally {
    tf.dispose([layers.foreground, layers.background]);
  }
}
