import * as tf from '@tensorflow/tfjs-core';
import {
  type FloatImage,
  type ForegroundEstimator,
  type ImageLayers,
  type PortraitLayers,
  type RasterImage,
  SPEC_VERSION,
} from '../contracts';
import { keptPicture } from '../imaging/constant-picture';
import { toFloatImage } from '../imaging/raster';
import type { WorkOptions } from '../solvers/work';
import { estimateOnImages, leanForeground } from './layers-on-images';
import { assertLayerShapes, solveOnArrays } from './layers-on-tensors';
import { type MultiLevelOptions, multiLevelWork } from './multi-level';
import { multiLevelOnTensors } from './multi-level-tensors';

export interface MultiLevelEstimatorOptions extends MultiLevelOptions, WorkOptions {
  /**
   * `'raster'`: the published in-place order, on the CPU, which reads the tensors. `'red-black'`: tensor operations
   * that stay on the device. Default `'auto'`: red-black where reading waits for a GPU (webgpu, webgl), else raster.
   */
  order?: 'auto' | 'raster' | 'red-black';
}

const gpuBackends: ReadonlySet<string> = new Set(['webgpu', 'webgl']);

/** {@link estimateMultiLevel} as a part of the loop. No gradient. */
export class MultiLevelEstimator implements ForegroundEstimator {
  readonly specVersion = SPEC_VERSION;
  readonly name = 'multi-level';
  readonly license = 'MIT (no weights)';
  readonly differentiable = 'none';
  readonly #options: MultiLevelEstimatorOptions;

  constructor(options: MultiLevelEstimatorOptions = {}) {
    this.#options = options;
  }

  async estimate(image: tf.Tensor4D, alpha: tf.Tensor4D): Promise<PortraitLayers> {
    const { order = 'auto', ...options } = this.#options;
    const onDevice = order === 'auto' ? gpuBackends.has(tf.getBackend()) : order === 'red-black';
    if (onDevice) {
      assertLayerShapes(image, alpha);
      return multiLevelOnTensors(image, alpha, options);
    }
    return await solveOnArrays(
      image,
      alpha,
      (...inputs) => multiLevelWork(...inputs, options),
      options,
    );
  }

  /** Without what no cut-out shows, as `cutOut` does; its pixels are made when they are read. */
  async estimateForeground(image: RasterImage, alpha: FloatImage): Promise<FloatImage> {
    const { order: _, signal, onProgress, ...options } = this.#options;
    // Options of one's own are for the published implementation.
    if (Object.keys(options).length > 0) {
      return (await this.estimateImage(toFloatImage(image), alpha)).foreground;
    }
    // The caller's photo may change before the foreground is read.
    return await leanForeground(keptPicture(image), alpha, {
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
  }

  estimateImage(image: FloatImage, alpha: FloatImage): Promise<ImageLayers> {
    const { order: _, ...options } = this.#options;
    return estimateOnImages(
      image,
      alpha,
      (...inputs) => multiLevelWork(...inputs, options),
      options,
    );
  }
}
