import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, MattingModel, RasterImage, TrimapModel } from '../contracts';
import { frameTensor, imageAtSource } from '../imaging/image-letterbox';
import { contentMask } from '../imaging/letterbox';
import { opaqueRgb, toFloatImage } from '../imaging/raster';
import { refineMatte } from '../matting/refine-matte';
import { fixedTarget, type TargetKind } from './fixed-target';
import { matteWithTrimap } from './matte-with-trimap';
import { assertFinite, workingFrame } from './predict-matte';
import { GAMMAS } from './predictions-over-views';

/**
 * The matte that the agreement loss aims at, made from the original picture: see `advanced.target`, with the
 * trimap predicted as the mean over views. At the size of the picture.
 *
 * @param workingSize longest side at which the target is made, pixels
 */
export async function targetMatte(
  target: TargetKind,
  trimap: TrimapModel,
  reference: MattingModel,
  image: RasterImage,
  workingSize: number,
): Promise<FloatImage> {
  // The working portrait of a generator of any size; one of fixed size changes nothing about the target.
  const box = workingFrame([image.height, image.width], trimap, reference, workingSize);
  const input = frameTensor(opaqueRgb(toFloatImage(image)), box);
  const mask = contentMask(box);
  const made: tf.Tensor[] = [input, mask];
  try {
    const found = await fixedTarget(target, trimap, reference, input, mask);
    const { alpha } = found;
    made.push(alpha, found.classes, found.region, found.trust);
    await assertFinite(reference.name, 'alpha', alpha);
    return await imageAtSource(alpha, box);
  } finally {
    tf.dispose(made);
  }
}

/** The same for a trimap that is known: the views are the picture, its mirror image and colour curves. */
export async function targetMatteWithTrimap(
  target: TargetKind,
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
  const mean: FloatImage = { width, height, channels: 1, data: sum.map((value) => value / count) };
  return target === 'views' ? mean : refineMatte(image, mean, trimap);
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
