import { createGca } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { type Measurement, maxError, type PendingMeasurement, valuesOf } from '../measurement';
import { networkWeights } from '../network-weights';
import { storedMap } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';
import { trimapNetworkErrors } from './trimap-network';

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

/**
 * Levels between which the demo sees the unknown region. Ours are read as all trimaps are (`readTrimap`: a quarter, three
 * quarters), and its trimap has 84, 85 and 169: it is brought to three levels by the demo's rule first.
 */
const UNKNOWN = { from: 85, below: 170 };
const asDemo = (level: number): number =>
  level < UNKNOWN.from ? 0 : level < UNKNOWN.below ? 128 : 255;
const NOTE = 'the trimap in three levels by the rule of the demo (85, 170), which is not ours';

/** The published demo from picture and trimap to the file it writes. */
export const gcaPipeline: FixtureCheck = {
  items: /^gca_pipeline$/,
  needsBackend: true,
  async run(fixture, { folder }): Promise<Measurement[]> {
    const network = createGca(networkWeights(fixture, folder));
    const [height, width] = fixture.shape('trimap');
    const levels = Float32Array.from(fixture.bytes('trimap'), (level) => asDemo(level) / 255);
    const trimap = tf.tensor4d(levels, [1, height!, width!, 1]);
    const bytes = tf.tensor4d(fixture.bytes('image'), [1, height!, width!, 3], 'float32');
    const image: tf.Tensor4D = tf.div(bytes, 255);
    const alpha = network.alpha({ image, trimap });
    const pending: PendingMeasurement[] = [
      storedMap(fixture, 'alpha', alpha),
      valuesOf(alpha).then((values) => {
        const file = Array.from(values, (value) => Math.floor(Math.fround(value * 255)));
        return maxError('alpha_u8', file, fixture.bytes('alpha_u8'), 1);
      }),
    ];
    const measurements = await Promise.all(pending);
    tf.dispose([trimap, bytes, image, alpha]);
    network.dispose();
    return measurements.map((each) => ({ ...each, note: NOTE }));
  },
};
