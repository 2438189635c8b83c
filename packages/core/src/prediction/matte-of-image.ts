import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage } from '../contracts';
import { frameTensor, imageAtSource, sourceRows } from '../imaging/image-letterbox';
import type { Letterbox } from '../imaging/letterbox';
import { trimapFromLogits } from '../imaging/trimap';
import type { Matte } from './matte';
import type { Parts } from './parts';
import {
  assertAlpha,
  assertFinite,
  checkedAlpha,
  checkedLogits,
  matteFrame,
} from './predict-matte';

/**
 * `predictMatte` for a plain picture of any size: on the device there is only the frame that the networks see.
 *
 * @param image RGB
 * @throws ModelOutputError a wrong shape, NaN or infinity
 */
export async function matteOfImage(
  { trimap: trimapModel, reference }: Pick<Parts, 'trimap' | 'reference'>,
  image: FloatImage,
): Promise<Matte> {
  const box = matteFrame([image.height, image.width], trimapModel, reference);
  const framed = frameTensor(image, box);
  const made: tf.Tensor[] = [framed];
  try {
    const { logits, alpha } = tf.tidy(() => {
      const logits = checkedLogits(trimapModel, framed);
      return { logits, alpha: checkedAlpha(reference, framed, trimapFromLogits(logits)) };
    });
    made.push(logits, alpha);
    await assertFinite(trimapModel.name, 'logits', logits);
    await assertAlpha(reference.name, alpha);
    return { alpha: await imageAtSource(alpha, box), ...(await classesAtSource(logits, box)) };
  } finally {
    tf.dispose(made);
  }
}

/** The most likely class at the size of the source, and the mean entropy of the softmax (paper Eq. 3). */
async function classesAtSource(
  logits: tf.Tensor4D,
  box: Letterbox,
): Promise<Pick<Matte, 'trimap' | 'entropy'>> {
  const [height, width] = box.source;
  const classes = new Float32Array(width * height);
  let at = 0;
  let entropy = 0;
  for (const row of await sourceRows(logits, box)) {
    for (let i = 0; i < row.length; i += 3) {
      const a = row[i];
      const b = row[i + 1];
      const c = row[i + 2];
      const best = a >= b && a >= c ? 0 : b >= c ? 1 : 2;
      classes[at++] = best / 2;
      // H = ln Σe^z − Σ z e^z / Σe^z, with the largest z taken off.
      const top = best === 0 ? a : best === 1 ? b : c;
      const ea = Math.exp(a - top);
      const eb = Math.exp(b - top);
      const ec = Math.exp(c - top);
      const sum = ea + eb + ec;
      entropy += Math.log(sum) - ((a - top) * ea + (b - top) * eb + (c - top) * ec) / sum;
    }
  }
  return { trimap: { width, height, channels: 1, data: classes }, entropy: entropy / at };
}
