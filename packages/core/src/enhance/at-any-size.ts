import * as tf from '@tensorflow/tfjs-core';
import type { MattingModel } from '../contracts';
import { frameFor, intoLetterbox, outOfLetterbox } from '../imaging/letterbox';
import { BACKGROUND_BELOW, FOREGROUND_ABOVE } from '../imaging/trimap-levels';
import { takesTrimap as canTakeTrimap } from '../prediction/edge-look';
import { checkShape } from '../prediction/predict-matte';

const ANY_SIZE = { multipleOf: 1, min: 1, max: Number.MAX_SAFE_INTEGER };

/** The same model for pictures of any size: it sees them letterboxed to one that it accepts. Shares its weights. */
export function atAnySize(model: MattingModel): MattingModel {
  const { specVersion, name, license, needsTrimap, takesTrimap, differentiable, input } = model;
  const readsTrimap = canTakeTrimap(model);
  return {
    specVersion,
    name,
    license,
    needsTrimap,
    takesTrimap,
    differentiable,
    input: ANY_SIZE,
    alpha: ({ image, trimap }) =>
      tf.tidy(() => {
        const box = frameFor([image.shape[1], image.shape[2]], input);
        const framed = intoLetterbox(image, box);
        const given =
          trimap && readsTrimap
            ? { image: framed, trimap: classes(intoLetterbox(trimap, box)) }
            : { image: framed };
        const shape = [...framed.shape.slice(0, 3), 1];
        const alpha = checkShape(name, 'alpha', model.alpha(given), shape);
        return tf.clone(outOfLetterbox(alpha, box));
      }),
    dispose: () => model.dispose(),
  };
}

/** Scaling mixes the classes at their borders. */
function classes(trimap: tf.Tensor4D): tf.Tensor4D {
  const known = tf.add(
    tf.cast(tf.greater(trimap, FOREGROUND_ABOVE), 'float32'),
    tf.cast(tf.greaterEqual(trimap, BACKGROUND_BELOW), 'float32'),
  );
  return tf.div(known, 2);
}
