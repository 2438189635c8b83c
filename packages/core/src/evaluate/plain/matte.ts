import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage } from '../../contracts';
import { matteOfPhoto } from '../../cutout/matte-of-photo';
import { CUT_OUT_RULES } from '../../cutout/options';
import { InvalidOptionError } from '../../errors';
import { frameTensor, imageAtSource } from '../../imaging/image-letterbox';
import { frameFor } from '../../imaging/letterbox';
import { readRows } from '../../imaging/picture-rows';
import { trimapFromLogits } from '../../imaging/trimap';
import type { Size } from '../../ops/padding';
import {
  assertAlpha,
  checkedAlpha,
  checkedLogits,
  matteFrame,
} from '../../prediction/predict-matte';
import type { PlainModel } from './types';

/** What a table calls a model. */
export const nameOf = ({ name, matting, cutOut = false }: PlainModel): string =>
  `${name ?? matting.name}${cutOut ? ', cut out' : ''}`;

/** @throws InvalidOptionError a matting model that needs a trimap, and none to predict it */
export function assertAnswers(model: PlainModel): void {
  if (!model.matting.needsTrimap || model.trimap !== undefined) return;
  throw new InvalidOptionError(
    `"${nameOf(model)}" needs a trimap, and no model predicts it.`,
    'Give a trimap model beside it.',
  );
}

/**
 * The matte of a picture as the models make it, nothing searched: at the nearest size that they accept, brought back to
 * the size of the picture; or as `cutOut` makes it of their answers.
 *
 * @param image RGB
 * @throws ModelOutputError a wrong shape, NaN or infinity
 */
export async function plainMatte(
  { matting, trimap, cutOut = false }: PlainModel,
  image: FloatImage,
): Promise<FloatImage> {
  const size: Size = [image.height, image.width];
  const predicts = matting.needsTrimap ? trimap : undefined;
  if (cutOut) {
    const networks = { matting, trimap: predicts };
    return readRows((await matteOfPhoto(image, networks, CUT_OUT_RULES)).alpha);
  }
  const box =
    predicts === undefined ? frameFor(size, matting.input) : matteFrame(size, predicts, matting);
  const framed = frameTensor(image, box);
  const made: tf.Tensor[] = [framed];
  try {
    const alpha = tf.tidy(() => {
      const known = predicts && trimapFromLogits(checkedLogits(predicts, framed));
      return checkedAlpha(matting, framed, known);
    });
    made.push(alpha);
    await assertAlpha(matting.name, alpha);
    return await imageAtSource(alpha, box);
  } finally {
    tf.dispose(made);
  }
}
