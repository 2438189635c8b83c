import * as tf from '@tensorflow/tfjs-core';
import { trimapFromLogits } from '../imaging/trimap';
import type { AgreementTarget } from '../losses/agreement';
import { resize } from '../ops/resize';
import type { MattingModel, TrimapModel } from '../spec';
import { checkedAlpha, checkedLogits } from './predict-matte';

/** An invertible change of the portrait under which a good matte stays the same. */
interface Augmentation {
  readonly flip?: boolean;
  /** Size relative to the portrait. */
  readonly scale?: number;
  /** Exponent on the colours. */
  readonly gamma?: number;
}

const ENSEMBLE: readonly Augmentation[] = [
  {},
  { flip: true },
  { scale: 0.75 },
  { flip: true, scale: 1.25 },
  { gamma: 0.8 },
  { flip: true, gamma: 1.25 },
];

/** Class probabilities `[1, H, W, 3]`, trimap and alpha of one changed copy, changed back. */
function predictOn(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  { flip = false, scale = 1, gamma = 1 }: Augmentation,
): { classes: tf.Tensor4D; alpha: tf.Tensor4D; trimap: tf.Tensor4D } {
  const [, height, width] = image.shape;
  const mirror = (x: tf.Tensor4D) => (flip ? tf.reverse(x, 2) : x);
  const multiple = 32;
  const scaled = (side: number) =>
    Math.max(multiple, Math.round((side * scale) / multiple) * multiple);
  let copy = mirror(image);
  if (gamma !== 1) copy = tf.pow(tf.maximum(copy, 1e-4), gamma) as tf.Tensor4D;
  if (scale !== 1) copy = resize(copy, [scaled(height), scaled(width)], 'area');
  const logits = checkedLogits(trimapModel, copy);
  const trimap = trimapFromLogits(logits);
  const alpha = checkedAlpha(mattingModel, copy, trimap);
  const back = (x: tf.Tensor4D) => mirror(resize(x, [height, width], 'area'));
  const classes = tf.softmax(back(logits), 3);
  return { classes, alpha: back(alpha), trimap: trimapFromLogits(back(logits)) };
}

/**
 * The fixed target of the agreement loss: mean alpha and mean class probabilities over changed copies of
 * the input, and the region that any copy calls unknown.
 *
 * @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 */
export function agreementTarget(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  mask: tf.Tensor4D,
): AgreementTarget & { readonly alpha: tf.Tensor4D } {
  return tf.tidy(() => {
    const copies = ENSEMBLE.map((change) => predictOn(trimapModel, mattingModel, image, change));
    const mean = (pick: (copy: (typeof copies)[number]) => tf.Tensor4D) =>
      tf.div(tf.addN(copies.map(pick)), copies.length) as tf.Tensor4D;
    const unknown = copies.map(({ trimap }) => tf.cast(tf.equal(trimap, 0.5), 'float32'));
    const region = unknown.reduce((a, b) => tf.maximum(a, b));
    return {
      alpha: mean((copy) => copy.alpha),
      classes: mean((copy) => copy.classes),
      region: tf.mul(region, mask) as tf.Tensor4D,
    };
  });
}

/**
 * The selection criterion, self-supervised: how much matte and classes change when the portrait is flipped
 * and shrunk. Mean absolute difference over `region`, of alpha plus of the class probabilities; lower is
 * better.
 */
export function disagreement(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  region: tf.Tensor4D,
): tf.Scalar {
  return tf.tidy(() => {
    const plain = predictOn(trimapModel, mattingModel, image, {});
    const changed = predictOn(trimapModel, mattingModel, image, { flip: true });
    const area = tf.maximum(tf.sum(region), 1);
    const difference = (a: tf.Tensor, b: tf.Tensor) =>
      tf.div(tf.sum(tf.mul(tf.abs(tf.sub(a, b)), region)), area);
    return tf.add(
      difference(plain.alpha, changed.alpha),
      difference(plain.classes, changed.classes),
    ) as tf.Scalar;
  });
}
