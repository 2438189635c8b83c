import * as tf from '@tensorflow/tfjs-core';
import { multiplyAxesAdjoint } from './axis-matrices';
import { customGradient } from './custom-gradient';
import { GRID_GRADIENT, PICTURE, placesOf } from './layered-picture-on-processor';
import type { PictureLayers } from './picture-layers';
import { resize } from './resize';
import { resizeMatrix } from './resize-matrix';
import { FIELD_GRADIENT } from './webgpu/layered-picture-shaders';

/** Shift and gain of F, then of B, each RGB. */
const FIELDS = 4;

/**
 * A picture whose layers are shifted and stretched by smooth fields, s and g, which a grid holds and which are enlarged
 * bilinearly:
 *
 *     G = I + w · r · tanh( (α (s_F + g_F F) + (1 − α) (s_B + g_B B)) / r )
 *
 * One pass over the pixels with w ≠ 0 on processors, one shader on a GPU: the operations one by one are nineteen, on maps of
 * the size of the picture, of which most shows no change.
 *
 * @param grid `[N, h, w, 12]`: s_F, g_F, s_B, g_B, each RGB. @param layers constants; the same object at every call
 * @param range r > 0
 * @returns `[N, H, W, 3]`
 */
export function layeredPicture(
  grid: tf.Tensor4D,
  layers: PictureLayers,
  range: number,
): tf.Tensor4D {
  const { image, alpha, foreground, background, band } = layers;
  const constants = { image, alpha, foreground, background, band };
  const has = (kernel: string) => tf.getKernel(kernel, tf.getBackend()) !== undefined;
  const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object) =>
    tf.engine().runKernel<tf.Tensor4D>(kernel, inputs, attributes as tf.NamedAttrMap);
  if (has(GRID_GRADIENT)) {
    const attributes = { places: placesOf(layers), range };
    return customGradient(
      [grid],
      (grid) => ({ value: run(PICTURE, { grid }, attributes), saved: [grid] }),
      (dy, [grid]) => run(GRID_GRADIENT, { grid, dy }, attributes),
    );
  }
  if (has(FIELD_GRADIENT)) {
    return customGradient(
      [grid],
      (grid) => ({ value: run(PICTURE, { grid, ...constants }, { range }), saved: [grid] }),
      (dy, [grid]) => {
        const fields = run(FIELD_GRADIENT, { grid, ...constants, dy }, { range });
        const [, height, width] = grid.shape;
        return multiplyAxesAdjoint(fields, [height, width], {
          name: 'resize bilinear false',
          of: (from, to) => (from === to ? undefined : resizeMatrix(from, to, 'bilinear')),
        });
      },
    );
  }
  return byOperations(grid, layers, range);
}

function byOperations(
  grid: tf.Tensor4D,
  { image, alpha, foreground, background, band }: PictureLayers,
  range: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = image.shape;
    const fields = resize(apart(grid), [height, width]);
    const [shiftF, gainF, shiftB, gainB] = tf.split(fields, FIELDS, 0);
    const changeF = tf.add(shiftF, tf.mul(gainF, foreground));
    const changeB = tf.add(shiftB, tf.mul(gainB, background));
    const change = tf.add(tf.mul(alpha, changeF), tf.mul(tf.sub(1, alpha), changeB));
    const bounded = tf.mul(tf.tanh(tf.div(change, range)), range);
    return tf.add(image, tf.mul(band, bounded)) as tf.Tensor4D;
  });
}

/**
 * `[N, h, w, 12]` → `[4 N, h, w, 3]`, while it is small: fields that lie one behind the other are taken apart by copying
 * nothing, those side by side value by value.
 */
function apart(grid: tf.Tensor4D): tf.Tensor4D {
  const [n, height, width] = grid.shape;
  const side = tf.reshape(grid, [n, height * width, FIELDS, 3]);
  return tf.reshape(tf.transpose(side, [2, 0, 1, 3]), [FIELDS * n, height, width, 3]);
}
