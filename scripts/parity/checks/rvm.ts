import { createRvm } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { type PendingMeasurement, storedTensorError } from '../measurement';
import { networkWeights } from '../network-weights';
import { scoped } from '../scoped';
import { outputWeights, storedMap, structuredImage } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';

/** RVM over two frames, without and with its refiner; the gradient of the second, the state held constant. */
export const rvm: FixtureCheck = {
  items: /^rvm_/,
  needsBackend: true,
  run(fixture, { folder }) {
    const { hw, downsample_ratio: downsampleRatio } = JSON.parse(
      fixture.metadata.get('config')!,
    ) as { hw: number[]; downsample_ratio: number };
    const network = createRvm(networkWeights(fixture, folder), { downsampleRatio });
    const frames = [0, 1].map((i) => structuredImage(fixture, `input:frame${i}`, hw));
    const measurements = scoped(() => {
      const [first, second] = frames as [tf.Tensor4D, tf.Tensor4D];
      const before = network.matte(first);
      const after = network.matte(second, before.state);
      const found: PendingMeasurement[] = [before, after].flatMap(
        ({ foreground, alpha, state }, i) => [
          storedMap(fixture, `fgr_${i}`, foreground),
          storedMap(fixture, `pha_${i}`, alpha),
          ...state.map((map, k) => storedMap(fixture, `rec${k + 1}_${i}`, map)),
        ],
      );
      const alone = network.alpha({ image: first });
      const weights = {
        foreground: outputWeights(fixture, 'grad:fgr_1', after.foreground),
        alpha: outputWeights(fixture, 'grad:pha_1', after.alpha),
      };
      const sum = (x: tf.Tensor) => {
        const { foreground, alpha } = network.matte(x as tf.Tensor4D, before.state);
        return tf.add<tf.Scalar>(
          tf.sum(tf.mul(foreground, weights.foreground)),
          tf.sum(tf.mul(alpha, weights.alpha)),
        );
      };
      return [
        ...found,
        storedMap(fixture, 'pha_0', alone),
        storedTensorError(fixture, 'loss_wsum', sum(second)),
        storedMap(fixture, 'grad_wsum_frame1', tf.grad(sum)(second) as tf.Tensor4D),
      ];
    });
    network.dispose();
    tf.dispose(frames);
    return measurements;
  },
};
