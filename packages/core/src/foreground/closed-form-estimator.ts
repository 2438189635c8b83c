import * as tf from '@tensorflow/tfjs-core';
import {
  type Differentiability,
  type FloatImage,
  type ForegroundEstimator,
  type ImageLayers,
  type PortraitLayers,
  SPEC_VERSION,
} from '../contracts';
import { customGradient } from '../ops/custom-gradient';
import type { WorkOptions } from '../solvers/work';
import {
  type ClosedFormOptions,
  closedFormGradients,
  closedFormLayers,
  solveClosedForm,
} from './closed-form';
import { estimateOnImages } from './layers-on-images';
import { assertLayerShapes, solveOnArrays } from './layers-on-tensors';

export interface ClosedFormEstimatorOptions extends ClosedFormOptions, WorkOptions {
  /**
   * Lets gradients flow to image and alpha, by the exact adjoint of the solve. `estimate` is then synchronous, and so
   * is its reading of tensors. Default false.
   */
  gradient?: boolean;
}

/** The solution of Eq. 5 as a part of the loop; it is computed on the CPU in float64. */
export class ClosedFormEstimator implements ForegroundEstimator {
  readonly specVersion = SPEC_VERSION;
  readonly name = 'closed-form';
  readonly license = 'MIT (no weights)';
  readonly differentiable: Differentiability;
  readonly #options: ClosedFormOptions & WorkOptions;

  constructor({ gradient = false, ...options }: ClosedFormEstimatorOptions = {}) {
    this.differentiable = gradient ? 'image' : 'none';
    this.#options = options;
  }

  estimate(image: tf.Tensor4D, alpha: tf.Tensor4D): PortraitLayers | Promise<PortraitLayers> {
    const options = this.#options;
    return this.differentiable === 'image'
      ? differentiableLayers(image, alpha, options)
      : solveOnArrays(image, alpha, (...inputs) => closedFormLayers(...inputs, options), options);
  }

  estimateImage(image: FloatImage, alpha: FloatImage): Promise<ImageLayers> {
    const options = this.#options;
    return estimateOnImages(
      image,
      alpha,
      (...inputs) => closedFormLayers(...inputs, options),
      options,
    );
  }
}

function differentiableLayers(
  image: tf.Tensor4D,
  alpha: tf.Tensor4D,
  options: ClosedFormOptions,
): PortraitLayers {
  assertLayerShapes(image, alpha);
  const [, height, width] = image.shape;
  const size = width * height * 3;
  const [colors, matte] = [image.dataSync(), alpha.dataSync()];
  const layers = solveClosedForm(colors, matte, width, height, options);
  const forward = () => {
    const both = new Float32Array(2 * size);
    both.set(layers.foreground);
    both.set(layers.background, size);
    return { value: tf.tensor4d(both, [2, height, width, 3]) };
  };
  const gradient = (dy: tf.Tensor4D): [tf.Tensor, tf.Tensor] => {
    const slopes = dy.dataSync();
    const gradients = closedFormGradients(
      colors,
      matte,
      width,
      height,
      layers,
      { foreground: slopes.subarray(0, size), background: slopes.subarray(size) },
      options,
    );
    return [
      tf.tensor4d(Float32Array.from(gradients.image), [1, height, width, 3]),
      tf.tensor4d(Float32Array.from(gradients.alpha), [1, height, width, 1]),
    ];
  };
  const [foreground, background] = tf.tidy(() =>
    tf.split(tf.clipByValue(customGradient([image, alpha], forward, gradient), 0, 1), 2),
  ) as tf.Tensor4D[];
  return { foreground, background };
}
