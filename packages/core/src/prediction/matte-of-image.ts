import * as tf from '@tensorflow/tfjs-core';
import type { AlphaAndLogits, TrimapModel } from '../contracts';
import { frameTensor, imageAtSource, sourceRows } from '../imaging/image-letterbox';
import type { Letterbox } from '../imaging/letterbox';
import { type Picture, pictureOfRows } from '../imaging/picture-rows';
import { trimapFromLogits } from '../imaging/trimap';
import { resize } from '../ops/resize';
import type { ResizeMethod } from '../ops/resize-matrix';
import type { Matte } from './matte';
import type { Parts } from './parts';
import {
  alphaAndLogits,
  assertAlpha,
  assertLogits,
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
  image: Picture,
): Promise<Matte> {
  const box = matteFrame([image.height, image.width], trimapModel, reference);
  const framed = frameTensor(image, box);
  try {
    return await matteOfFrame({ trimap: trimapModel, reference }, framed, box);
  } finally {
    framed.dispose();
  }
}

/** How a frame is answered for, where it is not in the usual way. */
export interface FrameRules {
  /** Alpha of the frame and its trimap, when it is not what the model says. */
  readonly alpha?: (framed: tf.Tensor4D, trimap: tf.Tensor4D) => tf.Tensor4D;
  /** How alpha is resized to the source. Default `'area'`. */
  readonly method?: ResizeMethod;
  /** Shown alpha of the frame as the model answered, not clipped; it is disposed afterwards. */
  readonly inspect?: (alpha: tf.Tensor4D) => Promise<void>;
}

/**
 * Trimap and alpha of a picture in the frame that the networks see, at the size of the source.
 *
 * @param framed `[1, H, W, 3]`; not disposed
 * @param box where the source lies in the frame; one of another size is what the answers are resized to first
 * @throws ModelOutputError a wrong shape, NaN or infinity
 */
export async function matteOfFrame(
  { trimap: trimapModel, reference }: Pick<Parts, 'trimap' | 'reference'>,
  framed: tf.Tensor4D,
  box: Letterbox,
  rules: FrameRules = {},
): Promise<Matte> {
  const made: tf.Tensor[] = [];
  try {
    const { logits, alpha } = tf.tidy(() => {
      const { alpha, logits } =
        rules.alpha === undefined
          ? alphaAndLogits(trimapModel, reference, framed)
          : answered(trimapModel, framed, rules.alpha);
      const inBox = (map: tf.Tensor4D) => tf.clone(resize(map, box.frame, rules.method ?? 'area'));
      return { logits: inBox(logits), alpha: inBox(alpha) };
    });
    made.push(logits, alpha);
    await assertLogits(trimapModel.name, logits);
    await assertAlpha(reference.name, alpha);
    await rules.inspect?.(alpha);
    return {
      alpha: await imageAtSource(alpha, box, rules.method),
      ...(await classesAtSource(logits, box)),
    };
  } finally {
    tf.dispose(made);
  }
}

function answered(
  trimapModel: TrimapModel,
  framed: tf.Tensor4D,
  alphaOf: NonNullable<FrameRules['alpha']>,
): AlphaAndLogits {
  const logits = checkedLogits(trimapModel, framed);
  return { logits, alpha: alphaOf(framed, trimapFromLogits(logits)) };
}

/** The most likely class at the size of the source, and the mean entropy of the softmax (paper Eq. 3). */
async function classesAtSource(
  logits: tf.Tensor4D,
  box: Letterbox,
): Promise<Pick<Matte, 'trimap' | 'entropy'>> {
  const [height, width] = box.source;
  const resized = await sourceRows(logits, box);
  let entropy = 0;
  for (const row of resized()) {
    for (let i = 0; i < row.length; i += 3) {
      const a = row[i];
      const b = row[i + 1];
      const c = row[i + 2];
      const best = likeliest(a, b, c);
      // H = ln Σe^z − Σ z e^z / Σe^z, with the largest z taken off.
      const top = best === 0 ? a : best === 1 ? b : c;
      const ea = Math.exp(a - top);
      const eb = Math.exp(b - top);
      const ec = Math.exp(c - top);
      const sum = ea + eb + ec;
      entropy += Math.log(sum) - ((a - top) * ea + (b - top) * eb + (c - top) * ec) / sum;
    }
  }
  const trimap = pictureOfRows({
    width,
    height,
    channels: 1,
    *rows() {
      const classes = new Float32Array(width);
      for (const row of resized()) {
        for (let x = 0, i = 0; x < width; x++, i += 3) {
          classes[x] = likeliest(row[i], row[i + 1], row[i + 2]) / 2;
        }
        yield classes;
      }
    },
  });
  return { trimap, entropy: entropy / (width * height) };
}

const likeliest = (a: number, b: number, c: number): 0 | 1 | 2 =>
  a >= b && a >= c ? 0 : b >= c ? 1 : 2;
