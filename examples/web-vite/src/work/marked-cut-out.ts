import { type CutOut, cutOut, SPEC_VERSION, type TrimapModel } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { markedTrimap } from './marked-trimap';
import type { Marked } from './side-channel';

/** The longest side at which the networks look, and the least that they take: both whole blocks. */
const BLOCK = 32;
const [LEAST, LONGEST] = [320, 512];

/** Cuts out again, with what was marked by hand in the trimap that the network hears. */
export async function cutOutMarked({ image, alpha, marks }: Marked): Promise<CutOut> {
  const longest = Math.max(image.width, image.height);
  // A whole number of blocks, so that the frame of the network has no border along that side.
  const side = Math.max(LEAST, Math.min(LONGEST, Math.floor(longest / BLOCK) * BLOCK));
  const width = Math.max(1, Math.round((image.width * side) / longest));
  const height = Math.max(1, Math.round((image.height * side) / longest));
  const colors = scaled(image.data, image.width, image.height, image.channels, width, height);
  const matte = scaled(alpha.data, alpha.width, alpha.height, 1, width, height);
  const marked = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [
        Math.floor(((y + 0.5) * marks.height) / height),
        Math.floor(((x + 0.5) * marks.width) / width),
      ];
      marked[y * width + x] = marks.data[row * marks.width + column]!;
    }
  }
  const trimap = markedTrimap(colors, matte, marked, width, height);
  return await cutOut(image, {
    model: 'portrait-matting',
    advanced: { trimap: givenTrimap(trimap, width, height), workingSize: side },
  });
}

/** Nearest pixels of the first channels: three of a photo, one of a matte. */
function scaled(
  data: ArrayLike<number>,
  width: number,
  height: number,
  channels: number,
  toWidth: number,
  toHeight: number,
): Float32Array {
  const kept = Math.min(3, channels);
  const result = new Float32Array(toWidth * toHeight * kept);
  for (let y = 0; y < toHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / toHeight) * width;
    for (let x = 0; x < toWidth; x++) {
      const from = (row + Math.floor(((x + 0.5) * width) / toWidth)) * channels;
      const at = (y * toWidth + x) * kept;
      for (let c = 0; c < kept; c++) result[at + c] = data[from + c]!;
    }
  }
  return result;
}

/** So sure that nothing is left of the other classes. */
const SURE_LOGIT = 20;

/** A trimap as a model: it answers every picture with that trimap, in the middle of the picture's frame. */
function givenTrimap(trimap: Float32Array, width: number, height: number): TrimapModel {
  return {
    specVersion: SPEC_VERSION,
    name: 'marked by hand',
    license: 'MIT (no weights)',
    differentiable: 'none',
    input: { multipleOf: BLOCK, min: LEAST, max: LONGEST },
    logits: (frame) =>
      tf.tidy(() => {
        const [, frameHeight, frameWidth] = frame.shape;
        const top = Math.floor((frameHeight - height) / 2);
        const left = Math.floor((frameWidth - width) / 2);
        const unknown = 0.5;
        const level = tf.pad(
          tf.tensor4d(trimap, [1, height, width, 1]),
          [
            [0, 0],
            [top, frameHeight - height - top],
            [left, frameWidth - width - left],
            [0, 0],
          ],
          unknown,
        );
        const distance = tf.abs(tf.sub<tf.Tensor4D>(tf.mul(level, 2), tf.tensor1d([0, 1, 2])));
        return tf.mul<tf.Tensor4D>(distance, -SURE_LOGIT);
      }),
    dispose: () => {},
  };
}
