import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage } from '../contracts';
import type { ResizeMethod } from '../ops/resize-matrix';
import { clipUnit } from './clip-unit';
import type { Letterbox } from './letterbox';
import { type Picture, pictureOfRows } from './picture-rows';
import { resampledRows, resizeImage } from './resampled-rows';

/**
 * `intoLetterbox` for a plain picture: only the frame becomes a tensor, so that the device needs no room for
 * the photograph.
 *
 * @param image of the size `box.source`
 * @param method how the picture is resized to `box.content`
 * @returns `[1, H, W, C]` of the frame, owned by the caller
 */
export function frameTensor(
  image: Picture,
  box: Letterbox,
  method: ResizeMethod = 'area',
): tf.Tensor4D {
  const { channels } = image;
  const [height, width] = box.frame;
  const [contentHeight, contentWidth] = box.content;
  const content = resizeImage(image, box.content, method).data;
  const data = new Float32Array(height * width * channels);
  const length = contentWidth * channels;
  const left = box.left * channels;
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * channels, (y + 1) * width * channels);
    const from = Math.min(contentHeight - 1, Math.max(0, y - box.top)) * length;
    row.set(content.subarray(from, from + length), left);
    // The border repeats the first and the last pixel.
    for (let i = left - 1; i >= 0; i--) row[i] = row[i + channels];
    for (let i = left + length; i < row.length; i++) row[i] = row[i - channels];
  }
  return tf.tensor4d(data, [1, height, width, channels]);
}

/**
 * `outOfLetterbox` for a tensor that is read: its content at the size of the source, row by row.
 *
 * @param x `[1, H, W, C]` of the frame; not disposed
 * @param method how the content is resized to the source
 * @returns begins anew at each call: rows of `width · C` values, in an array that the next row overwrites
 */
export async function sourceRows(
  x: tf.Tensor4D,
  box: Letterbox,
  method: ResizeMethod = 'area',
): Promise<() => Generator<Float32Array, void, void>> {
  const [height, width] = box.content;
  const channels = x.shape[3];
  const content = tf.tidy(() =>
    tf.slice(x, [0, box.top, box.left, 0], [1, height, width, channels]),
  );
  try {
    const data = (await content.data()) as Float32Array;
    const image = { width, height, channels: channels as 1 | 3 | 4, data };
    return () => resampledRows(image, box.source, method);
  } finally {
    content.dispose();
  }
}

/**
 * {@link sourceRows} as a picture, clipped to [0, 1]. Its pixels are made when they are read.
 *
 * @param x `[1, H, W, C]` of the frame, C = 1, 3 or 4; not disposed
 */
export async function imageAtSource(
  x: tf.Tensor4D,
  box: Letterbox,
  method?: ResizeMethod,
): Promise<FloatImage> {
  const [height, width] = box.source;
  const channels = x.shape[3] as 1 | 3 | 4;
  const resized = await sourceRows(x, box, method);
  return pictureOfRows({
    width,
    height,
    channels,
    *rows() {
      for (const row of resized()) yield row.map(clipUnit);
    },
  });
}
