import {
  type InputSizeRule,
  InvalidImageError,
  type MattingInput,
  type MattingModel,
} from '@latent-matte/core';
import {
  trimapClasses as classesOf,
  overwriteKnown,
  stopGradient,
  type TrimapClasses,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork } from './frozen-network';

export type { TrimapClasses };

/** A published network that is given a trimap. Where the trimap is certain, alpha is the trimap. */
export abstract class TrimapNetwork extends FrozenNetwork implements MattingModel {
  readonly needsTrimap = true;
  readonly differentiable = 'image';
  abstract readonly input: InputSizeRule;

  alpha(input: MattingInput): tf.Tensor4D {
    return tf.tidy(() => {
      const classes = trimapClasses(this.name, input);
      return keepKnown(this.matte(input.image, classes), classes);
    });
  }

  /** Alpha as the network sees it: not clipped, known pixels not replaced by the trimap. */
  prediction(input: MattingInput): tf.Tensor4D {
    return tf.tidy(() => this.matte(input.image, trimapClasses(this.name, input)));
  }

  /** {@link prediction}, `[N, H, W, 1]`, the size of the picture. */
  protected abstract matte(image: tf.Tensor4D, trimap: TrimapClasses): tf.Tensor4D;
}

/**
 * The classes of a trimap with any grey levels.
 *
 * @throws InvalidImageError no trimap, or one of another size than the picture
 */
export function trimapClasses(name: string, { image, trimap }: MattingInput): TrimapClasses {
  const expected = [...image.shape.slice(0, 3), 1];
  if (trimap?.shape.join() !== expected.join()) {
    throw new InvalidImageError(
      `"${name}" was given ${trimap === undefined ? 'no trimap' : `a trimap [${trimap.shape}]`}.`,
      `Pass one of shape [${expected}].`,
    );
  }
  return classesOf(trimap);
}

/** One map with the levels of a trimap file, 0, 128 and 255, divided by 255. */
export function trimapLevels({ unknown, foreground }: TrimapClasses): tf.Tensor4D {
  return stopGradient(() => tf.add<tf.Tensor4D>(tf.mul(unknown, 128 / 255), foreground));
}

/** Alpha clipped to [0, 1] where the trimap is unknown, the trimap elsewhere. NaN stays NaN. */
export function keepKnown(alpha: tf.Tensor4D, classes: TrimapClasses): tf.Tensor4D {
  // wasm's clip turns NaN into a bound, and a broken network would go unnoticed.
  const clipped = tf.add<tf.Tensor4D>(tf.clipByValue(alpha, 0, 1), tf.mul(alpha, 0));
  return overwriteKnown(clipped, classes);
}

/** Both sides of a map rounded to multiples of `step` by `round`, and at least `step`. */
export function roundedSides(
  { shape: [, height, width] }: tf.Tensor4D,
  step: number,
  round: (x: number) => number,
): [height: number, width: number] {
  const side = (length: number) => Math.max(step, round(length / step) * step);
  return [side(height), side(width)];
}
