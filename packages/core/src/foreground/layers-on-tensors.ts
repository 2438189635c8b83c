import * as tf from '@tensorflow/tfjs-core';
import type { PortraitLayers } from '../contracts';
import { InvalidImageError } from '../errors';
import { finishInSlices, type Work, type WorkOptions } from '../solvers/work';
import type { Layers, Pixels } from './layers';

/** For messages. */
export const FOREGROUND_OPERATION = 'Foreground estimation';

/** A solver on arrays. */
export type ArraySolver = (
  pixels: Pixels,
  alpha: Float32Array,
  width: number,
  height: number,
) => Work<Layers>;

/**
 * Reads the tensors, solves on the CPU, and uploads the layers.
 * @throws InvalidImageError shapes do not fit. @throws AbortedError the signal fired
 */
export async function solveOnArrays(
  image: tf.Tensor4D,
  alpha: tf.Tensor4D,
  solver: ArraySolver,
  options: WorkOptions = {},
): Promise<PortraitLayers> {
  assertLayerShapes(image, alpha);
  const [, height, width] = image.shape;
  const [data, matte] = (await Promise.all([image.data(), alpha.data()])) as [
    Float32Array,
    Float32Array,
  ];
  const layers = await finishInSlices(solver({ data, scale: 1 }, matte, width, height), {
    ...options,
    operation: FOREGROUND_OPERATION,
  });
  return {
    foreground: tf.tensor4d(layers.foreground, [1, height, width, 3]),
    background: tf.tensor4d(layers.background, [1, height, width, 3]),
  };
}

/** @throws InvalidImageError unless the image is `[1, H, W, 3]` and alpha `[1, H, W, 1]` */
export function assertLayerShapes(image: tf.Tensor4D, alpha: tf.Tensor4D): void {
  const [batch, height, width, channels] = image.shape;
  const expected = [batch, height, width, 1];
  const fits = alpha.shape.length === 4 && expected.every((size, i) => alpha.shape[i] === size);
  if (image.shape.length !== 4 || batch !== 1 || channels !== 3 || !fits) {
    throw new InvalidImageError(
      `Layers were asked for an image [${image.shape}] and alpha [${alpha.shape}].`,
      'Pass RGB [1, H, W, 3] and alpha [1, H, W, 1] of the same size.',
    );
  }
}
