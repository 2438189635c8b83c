import * as tf from '@tensorflow/tfjs-core';
import { type ForegroundEstimator, type PortraitLayers, SPEC_VERSION } from '../spec';
import { estimateMultiLevel, type MultiLevelOptions } from './multi-level';

/** {@link estimateMultiLevel} as a part of the loop: reads the tensors, solves on the CPU, no gradient. */
export class MultiLevelEstimator implements ForegroundEstimator {
  readonly specVersion = SPEC_VERSION;
  readonly name = 'multi-level';
  readonly license = 'MIT (no weights)';
  readonly differentiable = 'none';
  readonly #options: MultiLevelOptions;

  constructor(options: MultiLevelOptions = {}) {
    this.#options = options;
  }

  async estimate(image: tf.Tensor4D, alpha: tf.Tensor4D): Promise<PortraitLayers> {
    const [, height, width] = image.shape;
    const [pixels, matte] = (await Promise.all([image.data(), alpha.data()])) as [
      Float32Array,
      Float32Array,
    ];
    const layers = estimateMultiLevel(pixels, matte, width, height, this.#options);
    return {
      foreground: tf.tensor4d(layers.foreground, [1, height, width, 3]),
      background: tf.tensor4d(layers.background, [1, height, width, 3]),
    };
  }
}
