import * as tf from '@tensorflow/tfjs-core';
import { NoPersonError } from '../errors';
import { readTensor } from '../imaging/raster';
import { entropyLoss } from '../losses/entropy';
import type { Parts } from './parts';
import { assertFinite, type MatteTensors } from './predict-matte';
import type { Matte } from './types';

/** A picture with a smaller share of sure foreground has no person in it. */
const MIN_FOREGROUND = 0.005;

/** @throws ModelOutputError for values that are not finite, NoPersonError when there is no foreground */
export async function checkOriginal(
  { alpha, trimap, logits }: MatteTensors,
  parts: Parts,
): Promise<void> {
  await assertFinite(parts.trimap.name, 'logits', logits);
  await assertFinite(parts.reference.name, 'alpha', alpha);
  const share = tf.tidy(() => tf.mean(tf.cast(tf.equal(trimap, 1), 'float32')));
  const [foreground] = await share.data();
  share.dispose();
  if (foreground < MIN_FOREGROUND) {
    throw new NoPersonError(
      `The trimap model "${parts.trimap.name}" sees no person: ${(foreground * 100).toFixed(2)} % of the picture is foreground.`,
      'Use a portrait in which a person fills a good part of the frame, or another trimap model.',
    );
  }
}

export async function readMatte({ alpha, trimap, logits }: MatteTensors): Promise<Matte> {
  const entropy = tf.tidy(() => entropyLoss(logits));
  const [meanEntropy] = await entropy.data();
  entropy.dispose();
  return { alpha: await readTensor(alpha), trimap: await readTensor(trimap), entropy: meanEntropy };
}

export function disposeMatte({ alpha, trimap, logits }: MatteTensors): void {
  tf.dispose([alpha, trimap, logits]);
}
