import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { fitBox } from '../imaging/fit-picture';
import type { Letterbox } from '../imaging/letterbox';
import { trimapFromLogits } from '../imaging/trimap';
import { resize } from '../ops/resize';
import type { Matte } from '../prediction/matte';
import { matteOfFrame } from '../prediction/matte-of-image';
import type { Parts } from '../prediction/parts';
import { checkedLogits } from '../prediction/predict-matte';
import { alphaOf, networkView } from '../search/network-views';
import type { SearchSettings } from '../search/options';

type Networks = Pick<Parts, 'trimap' | 'reference'>;

/** @throws InvalidOptionError a network does not accept pictures of `networkSize` */
export function assertNetworkSize(
  { networkSize }: Pick<SearchSettings, 'networkSize'>,
  { trimap, reference }: Networks,
): void {
  if (networkSize === undefined) return;
  for (const { name, input } of [trimap, reference]) {
    const { multipleOf, min, max } = input;
    if (networkSize.every((side) => side % multipleOf === 0 && side >= min && side <= max))
      continue;
    throw new InvalidOptionError(
      `advanced.networkSize is ${networkSize.join('×')}, which "${name}" does not accept.`,
      `Use sides from ${min} to ${max}${multipleOf > 1 ? ` that are multiples of ${multipleOf}` : ''}.`,
    );
  }
}

/**
 * Alpha as the losses see it, resized to the portrait, in [0, 1].
 *
 * @param portrait `[1, H, W, 3]`
 */
export function alphaOfPortrait(
  parts: Networks,
  settings: SearchSettings,
  portrait: tf.Tensor4D,
): tf.Tensor4D {
  return tf.tidy(() => {
    const view = networkView(portrait, settings);
    const trimap = trimapFromLogits(checkedLogits(parts.trimap, view));
    const [, height, width] = portrait.shape;
    const alpha = resize(
      alphaOf(parts.reference, settings, view, trimap),
      [height, width],
      'bicubic',
    );
    return tf.clipByValue(alpha, 0, 1) as tf.Tensor4D;
  });
}

/**
 * Matte of a portrait in the generator's frame, seen at the size of the networks, at the size of the source: alpha is
 * resized by bicubic interpolation and clipped, as the authors do for their table.
 *
 * @param portrait `[1, H, W, 3]`; not disposed
 * @param box where the source lies in that frame
 */
export async function matteInFrame(
  parts: Networks,
  settings: SearchSettings,
  portrait: tf.Tensor4D,
  box: Letterbox,
): Promise<Matte> {
  const framed = tf.tidy(() => tf.clone(networkView(portrait, settings)));
  try {
    const [, height, width] = framed.shape;
    const seen =
      settings.fit === 'letterbox' ? box : fitBox(settings.fit, box.source, [height, width]);
    return await matteOfFrame(parts, framed, seen, {
      alpha: (view, trimap) => alphaOf(parts.reference, settings, view, trimap),
      method: 'bicubic',
    });
  } finally {
    framed.dispose();
  }
}
