import * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** What the unit looks at in each pass, of one size. */
export interface PropagationInput {
  /** Normalised RGB. */
  readonly image: FeatureMap;
  /** Probabilities of background, unknown, foreground. */
  readonly classes: FeatureMap;
  /** The estimate of the decoder. */
  readonly alpha: FeatureMap;
}

/** @returns alpha in (0, 1) */
export type Propagation = (input: PropagationInput) => FeatureMap;

/** Times the unit is run, as in the paper. */
const PASSES = 3;

/**
 * The propagation unit: two residual blocks and a convolutional LSTM (Shi et al., NIPS 2015), run three times with the
 * same weights. Each pass sees the picture, the adapted trimap and the alpha of the pass before, and adds to its logit.
 *
 * @param width channels of the blocks and of the memory
 */
export function propagationUnit(build: NetworkBuilder, name: string, width: number): Propagation {
  const convolution = (layer: string, inputs: number | readonly number[], relu: boolean) =>
    build.convolution(`${name}.${layer}`, {
      inputs,
      outputs: width,
      kernel: 3,
      activation: relu ? 'relu' : 'linear',
    });
  const first = convolution('first', [3, 3, 1], true);
  const blocks = [1, 2].map((i) => {
    const inner = convolution(`block${i}.0`, width, true);
    const outer = convolution(`block${i}.1`, width, false);
    return (x: FeatureMap) => tf.relu(tf.add<FeatureMap>(x, outer(inner(x))));
  });
  const gates = build.convolutions(`${name}.gates`, {
    inputs: [width, width],
    outputs: [width, width, width, width],
    kernel: 3,
  });
  const last = build.convolution(`${name}.last`, { inputs: width, outputs: 1, kernel: 3 });
  return ({ image, classes, alpha }) => {
    let logit = alpha;
    let hidden: FeatureMap | undefined;
    let memory: FeatureMap | undefined;
    for (let pass = 0; pass < PASSES; pass++) {
      const seen = first([image, classes, tf.sigmoid(logit)]);
      const features = blocks.reduce((x, block) => block(x), seen);
      const [enter, forget, emit, candidate] = gates([features, hidden]);
      const fresh: FeatureMap = tf.mul(tf.sigmoid(enter), tf.tanh(candidate));
      memory = memory ? tf.add<FeatureMap>(tf.mul(tf.sigmoid(forget), memory), fresh) : fresh;
      hidden = tf.mul<FeatureMap>(tf.sigmoid(emit), tf.tanh(memory));
      logit = tf.add<FeatureMap>(logit, last(hidden));
    }
    return tf.sigmoid(logit);
  };
}
