// The worker: everything of the SDK, and a matting model that only exists here. Models are objects with methods, which
// do not cross from a page; their names do.
import '@latent-matte/backend-web/worker';
import { registerMattingModel, SPEC_VERSION } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';

/** Bright is person, wherever the trimap does not know. */
registerMattingModel('brightness', () => ({
  specVersion: SPEC_VERSION,
  name: 'brightness',
  license: 'MIT (no weights)',
  needsTrimap: true,
  differentiable: 'image',
  input: { multipleOf: 1, min: 32, max: 1024 },
  alpha: ({ image, trimap }) =>
    tf.tidy(() => {
      const certainty = tf.sub(tf.mul(trimap, 2), 1);
      const unknown = tf.sub(1, tf.abs(certainty));
      return tf.add(tf.mul(tf.mean(image, 3, true), unknown), tf.relu(certainty));
    }),
  dispose: () => {},
}));
