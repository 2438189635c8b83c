import * as tf from '@tensorflow/tfjs-core';
import { agreementTarget, GAMMAS } from '../enhance/augmented-predictions';
import { assertFinite, workingFrame } from '../enhance/predict-matte';
import { frameTensor, imageAtSource } from '../imaging/image-letterbox';
import { contentMask } from '../imaging/letterbox';
import { opaqueRgb, toFloatImage } from '../imaging/raster';
import type { FloatImage, MattingModel, RasterImage, TrimapModel } from '../spec';
import { matteWithTrimap } from './matte-with-trimap';

/**
 * The matte that the agreement loss aims at, made from the original picture: the mean over views, with the trimap
 * predicted as the mean over views. At the size of the picture.
 *
 * @param workingSize longest side at which the views are made, pixels
 */
export async function ensembleMatte(
  trimap: TrimapModel,
  reference: MattingModel,
  image: RasterImage,
  workingSize: number,
): Promise<FloatImage> {
  // The working portrait of a generator of any size; one of fixed size changes nothing about the ensemble.
  const box = workingFrame([image.height, image.width], trimap, reference, workingSize);
  const input = frameTensor(opaqueRgb(toFloatImage(image)), box);
  const made: tf.Tensor[] = [input];
  try {
    const alpha = tf.tidy(() => agreementTarget(trimap, reference, input, contentMask(box)).alpha);
    made.push(alpha);
    await assertFinite(reference.name, 'alpha', alpha);
    return await imageAtSource(alpha, box);
  } finally {
    tf.dispose(made);
  }
}

/** The same for a trimap that is known: the mean over the picture, its mirror image and colour curves. */
export async function ensembleMatteWithTrimap(
  reference: MattingModel,
  image: RasterImage,
  trimap: RasterImage,
): Promise<FloatImage> {
  const picture = toFloatImage(image);
  const views = [1, ...GAMMAS].map((gamma) => ({
    ...picture,
    data: gamma === 1 ? picture.data : picture.data.map((value) => value ** gamma),
  }));
  const mirroredTrimap = mirror(toFloatImage(trimap));
  const sum = new Float32Array(image.width * image.height);
  for (const view of views) {
    const plain = await matteWithTrimap(reference, view, trimap);
    const mirrored = mirror(await matteWithTrimap(reference, mirror(view), mirroredTrimap));
    for (let i = 0; i < sum.length; i++) sum[i]! += plain.data[i]! + mirrored.data[i]!;
  }
  const { width, height } = image;
  const count = 2 * views.length;
  return { width, height, channels: 1, data: sum.map((value) => value / count) };
}

function mirror(image: FloatImage): FloatImage {
  const { width, height, channels, data } = image;
  const mirrored = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = (y * width + width - 1 - x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        mirrored[to + channel] = data[from + channel]!;
      }
    }
  }
  return { ...image, data: mirrored };
}
