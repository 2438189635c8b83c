import type { MattingInput } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import { errorsNearTies } from '../last-bits';
import { type Measurement, type PendingMeasurement, storedTensorError } from '../measurement';
import { scoped } from '../scoped';
import { outputWeights, storedMap, structuredImage } from '../stored-tensors';

/** The stored trimap, `[1, H, W, 1]` in [0, 1]. */
export function storedTrimap(fixture: Fixture): tf.Tensor4D {
  const [height, width] = fixture.shape('trimap');
  return tf.tidy(() =>
    tf.div(tf.tensor4d(fixture.bytes('trimap'), [1, height!, width!, 1], 'float32'), 255),
  ) as tf.Tensor4D;
}

/**
 * Compares alpha, the weighted sum of it, and the gradient of that with respect to the picture. One forward pass for
 * all: a second one may choose another of two equal samples.
 *
 * @param predict alpha before known pixels are replaced
 */
export async function trimapNetworkErrors(
  fixture: Fixture,
  predict: (input: MattingInput) => tf.Tensor4D,
  { imageKey = 'input:image', alphaName = 'alpha' } = {},
): Promise<Measurement[]> {
  const { hw } = JSON.parse(fixture.metadata.get('config')!) as { hw: number[] };
  const image = structuredImage(fixture, imageKey, hw);
  const trimap = storedTrimap(fixture);
  const measurements = await errorsNearTies(image, errorsAt);
  tf.dispose([image, trimap]);
  return measurements;

  function errorsAt(picture: tf.Tensor4D): PendingMeasurement[] {
    return scoped(() => {
      const found: PendingMeasurement[] = [];
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
        const alpha = predict({ image: x as tf.Tensor4D, trimap });
        // Some references have no channel axis.
        const flat = fixture.info(alphaName).full_shape.length === 3;
        found.push(
          flat
            ? storedTensorError(fixture, alphaName, alpha)
            : storedMap(fixture, alphaName, alpha),
        );
        return tf.sum(tf.mul(alpha, outputWeights(fixture, 'grad:alpha', alpha)));
      })(picture);
      if (alphaName !== 'alpha') return found;
      found.push(storedTensorError(fixture, 'loss_wsum', value));
      found.push(storedMap(fixture, 'grad_wsum', grad as tf.Tensor4D));
      return found;
    });
  }
}
