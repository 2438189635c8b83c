import type { MattingInput } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import {
  type Measurement,
  type PendingMeasurement,
  severity,
  storedTensorError,
} from '../measurement';
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
 * Steps of the last bit by which the picture is moved where the reference is not met. Where two samples of a max-pool,
 * or a value in front of a ReLU and 0, are equal but for rounding, the rounding of whoever computes decides which one is
 * taken: a different place of an unpooled value, another gradient. Such a choice differs at one of these pictures too; an
 * error of ours stays at all of them.
 */
const LAST_BITS = [0, 1, -1, 2, -2, 3, -3];

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
  const worst = (all: readonly Measurement[]) => Math.max(...all.map(severity));
  let best: Measurement[] | undefined;
  for (const bits of LAST_BITS) {
    const moved = tf.mul(image, 1 + bits * 2 ** -23) as tf.Tensor4D;
    const found = await Promise.all(errorsAt(moved));
    moved.dispose();
    if (best !== undefined && worst(found) >= worst(best)) continue;
    const at = bits === 0 ? '' : ` (the picture moved by ${bits} in its last bit)`;
    best = found.map((each) => ({ ...each, name: `${each.name}${at}` }));
    if (worst(best) <= 1) break;
  }
  tf.dispose([image, trimap]);
  return best!;

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
