import type * as tf from '@tensorflow/tfjs-core';

/** What passes between the layers of a network, a picture among it: `[N, H, W, C]`. */
export type FeatureMap = tf.Tensor4D;
