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
  const edges = model.edges?.bind(model);
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
    ...(edges && {
      edges: ({ image, alpha, unknown }) =>
        tf.tidy(() => {
          const box = frameFor([image.shape[1], image.shape[2]], input);
          const framed = (map: tf.Tensor4D) => intoLetterbox(map, box);
          const view = { image: framed(image), alpha: framed(alpha), unknown: framed(unknown) };
          // Scaling mixes what is unknown with what is not.
          const open: tf.Tensor4D = tf.cast(tf.greater<tf.Tensor4D>(view.unknown, 0), 'float32');
          const shape = [...view.image.shape.slice(0, 3), 1];
          const drawn = checkShape(name, 'alpha', edges({ ...view, unknown: open }), shape);
          return tf.add(
            alpha,
            tf.mul<tf.Tensor4D>(unknown, tf.sub(outOfLetterbox(drawn, box), alpha)),
          );
        }),
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
