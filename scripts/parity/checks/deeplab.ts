import type { TrimapModel } from '@latent-matte/core';
import { entropyLoss } from '@latent-matte/core/ops';
import { createDeeplab, createDeeplabV3Plus } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { argmaxError } from '../argmax';
import type { Fixture } from '../fixture';
import { errorsNearTies } from '../last-bits';
import { type PendingMeasurement, storedTensorError } from '../measurement';
import { networkWeights } from '../network-weights';
import { scoped } from '../scoped';
import { outputWeights, storedMap, structuredImage } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';

/** DeepLabV3-ResNet50 with three classes. */
export const deeplab: FixtureCheck = {
  items: /^deeplab_/,
  needsBackend: true,
  run: (fixture, { folder }) =>
    trimapModelErrors(fixture, createDeeplab(networkWeights(fixture, folder))),
};

/** DeepLabV3+-ResNet101 of the paper's authors. */
export const deeplabV3Plus: FixtureCheck = {
  items: /^deeplabv3plus_r101_/,
  needsBackend: true,
  run: (fixture, { folder }) =>
    trimapModelErrors(fixture, createDeeplabV3Plus(networkWeights(fixture, folder))),
};

/** Logits, and the gradients of a random sum and of the entropy; disposes the network. */
async function trimapModelErrors(
  fixture: Fixture,
  network: TrimapModel,
): Promise<PendingMeasurement[]> {
  const { hw } = fixture.json<{ hw: number[] }>('config');
  const image = structuredImage(fixture, 'input:image', hw);
  const measurements = await errorsNearTies(image, (picture) => scoped(() => errorsAt(picture)));
  network.dispose();
  image.dispose();
  return measurements;

  function errorsAt(picture: tf.Tensor4D): PendingMeasurement[] {
    const logits = network.logits(picture);
    const weights = outputWeights(fixture, 'grad:logits', logits);
    const sum = (x: tf.Tensor) => tf.sum(tf.mul(network.logits(x as tf.Tensor4D), weights));
    const entropy = (x: tf.Tensor) => entropyLoss(network.logits(x as tf.Tensor4D));
    const { tol_max = 1e-4, max_abs } = fixture.info('logits');
    return [
      storedMap(fixture, 'logits', logits),
      ...(fixture.has('argmax')
        ? [argmaxError(fixture, 'argmax', logits, 2 * tol_max * max_abs)]
        : []),
      storedTensorError(fixture, 'loss_wsum', sum(picture)),
      storedTensorError(fixture, 'entropy', entropyLoss(logits)),
      storedMap(fixture, 'grad_wsum', tf.grad(sum)(picture) as tf.Tensor4D),
      storedMap(fixture, 'grad_entropy', tf.grad(entropy)(picture) as tf.Tensor4D),
    ];
  }
}
