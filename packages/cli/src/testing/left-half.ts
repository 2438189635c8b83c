import { registerMattingModel, SPEC_VERSION } from '@latent-matte/backend-node';
import * as tf from '@tensorflow/tfjs-core';

/** Registers a model without trimap that calls the left part of every picture the person. */
export function registerLeftHalf(
  name: string,
  {
    share = 0.5,
    ready,
  }: {
    /** Of the width. Default 0.5; 0: nobody. */
    readonly share?: number;
    /** The model is made when this is fulfilled. Default: at once. */
    readonly ready?: Promise<unknown>;
  } = {},
): void {
  registerMattingModel(name, async () => {
    await ready;
    return {
      specVersion: SPEC_VERSION,
      name,
      license: 'MIT',
      needsTrimap: false,
      differentiable: 'none',
      input: { multipleOf: 1, min: 1, max: 4096 },
      alpha: ({ image }) =>
        tf.tidy(() => {
          const [batch, height, width] = image.shape;
          const is = tf.cast(tf.less(tf.range(0, width), width * share), 'float32');
          return tf.tile(tf.reshape(is, [1, 1, width, 1]), [batch, height, 1, 1]) as tf.Tensor4D;
        }),
      dispose: () => undefined,
    };
  });
}
