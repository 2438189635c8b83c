import { createFba } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { type PendingMeasurement, storedTensorError } from '../measurement';
import { networkWeights } from '../network-weights';
import { scoped } from '../scoped';
import { outputWeights, storedMap, structuredImage } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';
import { storedTrimap } from './trimap-network';

/** FBA: alpha and the colours of both layers, and the gradient of their weighted sum. */
export const fba: FixtureCheck = {
  items: /^fba$/,
  needsBackend: true,
  run(fixture, { folder }) {
    const network = createFba(networkWeights(fixture, folder));
    const { hw } = JSON.parse(fixture.metadata.get('config')!) as { hw: number[] };
    const image = structuredImage(fixture, 'input:image', hw);
    const trimap = storedTrimap(fixture);
    const measurements = scoped(() => {
      const found: PendingMeasurement[] = [];
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
        const { alpha, foreground, background } = network.predictedLayers({
          image: x as tf.Tensor4D,
          trimap,
        });
        found.push(
          storedMap(fixture, 'alpha', alpha),
          storedMap(fixture, 'F', foreground),
          storedMap(fixture, 'B', background),
        );
        const all: tf.Tensor4D = tf.concat([alpha, foreground, background], 3);
        return tf.sum(tf.mul(all, outputWeights(fixture, 'grad:output7', all)));
      })(image);
      found.push(storedTensorError(fixture, 'loss_wsum', value));
      found.push(storedMap(fixture, 'grad_wsum', grad as tf.Tensor4D));
      return found;
    });
    network.dispose();
    tf.dispose([image, trimap]);
    return measurements;
  },
};
