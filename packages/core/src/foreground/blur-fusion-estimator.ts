import type * as tf from '@tensorflow/tfjs-core';
import {
  type FloatImage,
  type ForegroundEstimator,
  type ImageLayers,
  type PortraitLayers,
  SPEC_VERSION,
} from '../contracts';
import { type BlurFusionOptions, blurFusionWork } from './blur-fusion';
import { blurFusionOnTensors } from './blur-fusion-tensors';
import { estimateOnImages } from './layers-on-images';
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

  estimateImage(image: FloatImage, alpha: FloatImage): Promise<ImageLayers> {
    return estimateOnImages(image, alpha, (...inputs) => blurFusionWork(...inputs, this.#options));
  }
}
