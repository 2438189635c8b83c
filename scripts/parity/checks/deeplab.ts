import { entropyLoss } from '@latent-matte/core';
import { createDeeplab } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { storedTensorError } from '../measurement';
import { networkWeights } from '../network-weights';
import { scoped } from '../scoped';
import { outputWeights, storedMap, structuredImage } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';

/** DeepLabV3-ResNet50 with three classes: logits, and the gradients of a random sum and of the entropy. */
export const deeplab: FixtureCheck = {
  items: /^deeplab_/,
  needsBackend: true,
  run(fixture, { folder }) {
    const { hw } = JSON.parse(fixture.metadata.get('config')!) as { hw: number[] };
    const network = createDeeplab(networkWeights(fixture, folder));
    const image = structuredImage(fixture, 'input:image', hw);
    const measurements = scoped(() => {
      const logits = network.logits(image);
      const weights = outputWeights(fixture, 'grad:logits', logits);
      const sum = (x: tf.Tensor) => tf.sum(tf.mul(network.logits(x as tf.Tensor4D), weights));
      const entropy = (x: tf.Tensor) => entropyLoss(network.logits(x as tf.Tensor4D));
      return [
        storedMap(fixture, 'logits', logits),
        storedTensorError(fixture, 'loss_wsum', sum(image)),
        storedTensorError(fixture, 'entropy', entropyLoss(logits)),
        storedMap(fixture, 'grad_wsum', tf.grad(sum)(image) as tf.Tensor4D),
        storedMap(fixture, 'grad_entropy', tf.grad(entropy)(image) as tf.Tensor4D),
      ];
    });
    network.dispose();
    image.dispose();
    return measurements;
  },
};
