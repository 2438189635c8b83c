import type { InputSizeRule } from '@latent-matte/core';
import { replicatePad, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FixedSize, FreeSize } from './description';

/** The way of a picture to the size of a network, and of the answer back. Both differentiable. */
export interface Fitting {
  readonly size: readonly [height: number, width: number];
  to(map: tf.Tensor4D): tf.Tensor4D;
  /** @param answer of any size with the proportions of `size` */
  back(answer: tf.Tensor4D): tf.Tensor4D;
}

/** What the SDK may hand to the model. A fixed size is the adapter's own business. */
export function inputRule(size: FreeSize | FixedSize = {}): InputSizeRule {
  if ('fixed' in size) return { multipleOf: 1, min: 32, max: 2048 };
  const { multipleOf = 1, min = Math.max(32, multipleOf), max = 2048 } = size;
  return { multipleOf, min, max };
}

/** How a picture of that size is brought to what the network takes. */
export function fitting(height: number, width: number, size: FreeSize | FixedSize = {}): Fitting {
  if ('fixed' in size) {
    const stretch = size.fit === 'stretch';
    return letterbox(height, width, size.fixed, stretch);
  }
  const { multipleOf, min, max } = inputRule(size);
  const low = Math.ceil(min / multipleOf) * multipleOf;
  const high = Math.floor(max / multipleOf) * multipleOf;
  const scale = Math.min(1, high / Math.max(height, width));
  const side = (length: number) =>
    Math.min(high, Math.max(low, Math.round((length * scale) / multipleOf) * multipleOf));
  return letterbox(height, width, [side(height), side(width)], true);
}

function letterbox(
  height: number,
  width: number,
  target: readonly [number, number],
  stretch: boolean,
): Fitting {
  const scale = Math.min(target[0] / height, target[1] / width);
  const inner: [number, number] = stretch
    ? [target[0], target[1]]
    : [
        Math.min(target[0], Math.max(1, Math.round(height * scale))),
        Math.min(target[1], Math.max(1, Math.round(width * scale))),
      ];
  const [top, left] = [(target[0] - inner[0]) >> 1, (target[1] - inner[1]) >> 1];
  const borders = [top, target[0] - inner[0] - top, left, target[1] - inner[1] - left] as const;
  const padded = borders.some((border) => border > 0);
  return {
    size: target,
    to: (map) => {
      const small = resample(map, inner);
      return padded ? replicatePad(small, borders) : small;
    },
    back: (answer) => {
      const whole = padded ? resample(answer, target) : answer;
      const cut = padded
        ? tf.slice(whole, [0, top, left, 0], [whole.shape[0], inner[0], inner[1], whole.shape[3]])
        : whole;
      return resample(cut, [height, width]);
    },
  };
}

/** Averages where it shrinks, bilinear where it grows. */
function resample(map: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D {
  const shrinks = size[0] < map.shape[1] || size[1] < map.shape[2];
  return resize(map, size, shrinks ? 'area' : 'bilinear');
}
