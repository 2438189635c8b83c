import { createGca } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { maxError, type PendingMeasurement, valuesOf } from '../measurement';
import { networkWeights } from '../network-weights';
import { storedMap } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';
import { storedTrimap, trimapNetworkErrors } from './trimap-network';

/** GCA without its padding, with known pixels as the network sees them. */
export const gca: FixtureCheck = {
  items: /^gca(_n1)?$/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const network = createGca(networkWeights(fixture, folder), { border: 0 });
    const imageKey = fixture.item === 'gca' ? 'input:image' : 'input:image_n1';
    const predict = network.prediction.bind(network);
    const measurements = await trimapNetworkErrors(fixture, predict, { imageKey });
    network.dispose();
    return measurements;
  },
};

/** The published demo from picture and trimap to the file it writes. */
export const gcaPipeline: FixtureCheck = {
  items: /^gca_pipeline$/,
  needsBackend: true,
  run(fixture, { folder }): PendingMeasurement[] {
    const network = createGca(networkWeights(fixture, folder));
    const [height, width] = fixture.shape('trimap');
    const trimap = storedTrimap(fixture);
    const bytes = tf.tensor4d(fixture.bytes('image'), [1, height!, width!, 3], 'float32');
    const image: tf.Tensor4D = tf.div(bytes, 255);
    const alpha = network.alpha({ image, trimap });
    const measurements = [
      storedMap(fixture, 'alpha', alpha),
      valuesOf(alpha).then((values) => {
        const file = Array.from(values, (value) => Math.floor(Math.fround(value * 255)));
        return maxError('alpha_u8', file, fixture.bytes('alpha_u8'), 1);
      }),
    ];
    tf.dispose([trimap, bytes, image, alpha]);
    network.dispose();
    return measurements;
  },
};
