import * as tf from '@tensorflow/tfjs-core';
import { resize } from '../ops';

/**
 * Where a picture lies inside a frame of another size: scaled with its aspect ratio kept, centred, and
 * surrounded by its own repeated border.
 */
export interface Letterbox {
  /** Size of the source picture, pixels. */
  readonly source: readonly [height: number, width: number];
  /** Size of the frame, pixels. */
  readonly frame: readonly [height: number, width: number];
  /** Size of the scaled picture inside the frame. */
  readonly content: readonly [height: number, width: number];
  readonly top: number;
  readonly left: number;
}

/**
 * The letterbox that fits `source` into a frame of a given size.
 *
 * ```ts
 * import { fitLetterbox } from '@latent-matte/core/ops';
 *
 * const { content, top, left } = fitLetterbox([400, 300], [512, 512]);
 * console.log(content, top, left); // [512, 384] 0 64
 * ```
 */
export function fitLetterbox(
  source: readonly [number, number],
  frame: readonly [number, number],
): Letterbox {
  const scale = Math.min(frame[0] / source[0], frame[1] / source[1]);
  return center(source, frame, scale);
}

/**
 * The smallest frame that holds `source` with sides that are multiples of `multipleOf` and at least `min`,
 * scaled so that the longest side lies within `[min, max]`.
 *
 * ```ts
 * import { frameFor } from '@latent-matte/core/ops';
 *
 * const { frame, content } = frameFor([400, 300], { multipleOf: 32, min: 64, max: 512 });
 * console.log(frame, content); // [416, 320] [400, 300]
 * ```
 */
export function frameFor(
  source: readonly [number, number],
  rule: { multipleOf: number; min: number; max: number },
): Letterbox {
  const longest = Math.max(...source);
  const target = Math.min(rule.max, Math.max(rule.min, longest));
  const scale = target / longest;
  const up = (side: number) =>
    Math.ceil(Math.max(side * scale, rule.min, 1) / rule.multipleOf - 1e-9) * rule.multipleOf;
  const frame = [up(source[0]), up(source[1])] as const;
  return center(source, frame, scale);
}

/** The scaled source in the middle of the frame. */
function center(
  source: readonly [number, number],
  frame: readonly [number, number],
  scale: number,
): Letterbox {
  const content = [
    Math.max(1, Math.min(frame[0], Math.round(source[0] * scale))),
    Math.max(1, Math.min(frame[1], Math.round(source[1] * scale))),
  ] as const;
  return {
    source,
    frame,
    content,
    top: Math.floor((frame[0] - content[0]) / 2),
    left: Math.floor((frame[1] - content[1]) / 2),
  };
}

/**
 * `[N, H, W, C]` of the source size → the frame. Differentiable.
 *
 * ```ts
 * import { fitLetterbox, intoLetterbox } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const box = fitLetterbox([400, 300], [512, 512]);
 * console.log(intoLetterbox(tf.ones([1, 400, 300, 3]), box).shape); // [1, 512, 512, 3]
 * ```
 */
export function intoLetterbox(x: tf.Tensor4D, box: Letterbox): tf.Tensor4D {
  return tf.tidy(() => {
    let y = resize(x, box.content, 'area');
    y = repeatBorder(y, 1, box.top, box.frame[0] - box.content[0] - box.top);
    return repeatBorder(y, 2, box.left, box.frame[1] - box.content[1] - box.left);
  });
}

/**
 * The frame → the source size: crops the content and scales it back. Differentiable.
 *
 * ```ts
 * import { fitLetterbox, outOfLetterbox } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const box = fitLetterbox([400, 300], [512, 512]);
 * console.log(outOfLetterbox(tf.ones([1, 512, 512, 1]), box).shape); // [1, 400, 300, 1]
 * ```
 */
export function outOfLetterbox(x: tf.Tensor4D, box: Letterbox): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, , , channels] = x.shape;
    const crop = tf.slice(
      x,
      [0, box.top, box.left, 0],
      [n, box.content[0], box.content[1], channels],
    );
    return tf.clone(resize(crop, box.source, 'area'));
  });
}

/**
 * `[1, H, W, 1]`: 1 on the content of the frame, 0 on its repeated border.
 *
 * ```ts
 * import { contentMask, fitLetterbox } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const mask = contentMask(fitLetterbox([400, 300], [512, 512]));
 * console.log(await tf.mean(mask).array()); // 0.75: the content is 384 of 512 columns wide
 * ```
 */
export function contentMask(box: Letterbox): tf.Tensor4D {
  const bottom = box.frame[0] - box.content[0] - box.top;
  const right = box.frame[1] - box.content[1] - box.left;
  return tf.tidy(() =>
    tf.pad(tf.ones([1, box.content[0], box.content[1], 1]), [
      [0, 0],
      [box.top, bottom],
      [box.left, right],
      [0, 0],
    ]),
  ) as tf.Tensor4D;
}

function repeatBorder(x: tf.Tensor4D, axis: 1 | 2, before: number, after: number): tf.Tensor4D {
  if (before === 0 && after === 0) return x;
  const line = (at: number) => {
    const begin = [0, 0, 0, 0];
    const size = [...x.shape];
    begin[axis] = at;
    size[axis] = 1;
    return tf.slice(x, begin, size);
  };
  const repeat = (at: number, count: number) => {
    const times = [1, 1, 1, 1];
    times[axis] = count;
    return tf.tile(line(at), times);
  };
  const parts: tf.Tensor4D[] = [x];
  if (before > 0) parts.unshift(repeat(0, before) as tf.Tensor4D);
  if (after > 0) parts.push(repeat(x.shape[axis] - 1, after) as tf.Tensor4D);
  return tf.concat(parts, axis);
}
