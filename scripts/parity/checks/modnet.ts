import { createModnet } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { storedTensorError } from '../measurement';
import { networkWeights } from '../network-weights';
import { scoped } from '../scoped';
import { outputWeights, storedMap, structuredImage } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';

/** MODNet at the size of the picture: the fixture leaves the resize to 512 out. */
export const modnet: FixtureCheck = {
  items: /^modnet$/,
  needsBackend: true,
  run(fixture, { folder }) {
    const { hw } = JSON.parse(fixture.metadata.get('config')!) as { hw: number[] };
    const network = createModnet(networkWeights(fixture, folder), { referenceSize: 'none' });
    const image = structuredImage(fixture, 'input:image', hw);
    const measurements = scoped(() => {
      const alpha = network.alpha({ image });
      const weights = outputWeights(fixture, 'grad:alpha', alpha);
      const sum = (x: tf.Tensor) =>
        tf.sum(tf.mul(network.alpha({ image: x as tf.Tensor4D }), weights));
      return [
        storedMap(fixture, 'alpha', alpha),
        storedTensorError(fixture, 'loss_wsum', sum(image)),
        storedMap(fixture, 'grad_wsum', tf.grad(sum)(image) as tf.Tensor4D),
      ];
    });
    network.dispose();
    image.dispose();
    return measurements;
  },
};
