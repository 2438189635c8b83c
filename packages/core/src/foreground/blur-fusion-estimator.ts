import type * as tf from '@tensorflow/tfjs-core';
import { type ForegroundEstimator, type PortraitLayers, SPEC_VERSION } from '../spec';
import type { BlurFusionOptions } from './blur-fusion';
import { blurFusionOnTensors } from './blur-fusion-tensors';
import { assertLayerShapes } from './layers-on-tensors';

/** Blur fusion as a part of the loop: stays on the device, gradients flow to image and alpha. */
export class BlurFusionEstimator implements ForegroundEstimator {
  readonly specVersion = SPEC_VERSION;
  readonly name = 'blur-fusion';
  readonly license = 'MIT (no weights)';
  readonly differentiable = 'image';
  readonly #options: BlurFusionOptions;

  constructor(options: BlurFusionOptions = {}) {
    this.#options = options;
  }

  estimate(image: tf.Tensor4D, alpha: tf.Tensor4D): PortraitLayers {
    assertLayerShapes(image, alpha);
    return blurFusionOnTensors(image, alpha, this.#options);
  }
}
