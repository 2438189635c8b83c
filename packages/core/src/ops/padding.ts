import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';

/** Rows or columns added at each border; negative values crop. */
export type Borders = readonly [top: number, bottom: number, left: number, right: number];

/**
 * `'same'` centres an odd kernel at stride 1; a number pads every border alike (PyTorch's `padding`); four
 * numbers name them.
 */
export type Padding = 'same' | number | Borders;

export type Size = readonly [height: number, width: number];

/** The padding of a kernel in numbers. */
export function bordersOf(
  padding: Padding,
  [height, width]: readonly number[],
  dilation: number,
  stride: number,
): Borders {
  if (padding !== 'same') return typeof padding === 'number' ? uniform(padding) : whole(padding);
  if (height % 2 === 0 || width % 2 === 0) {
    throw new InvalidOptionError(
      `A ${height}×${width} kernel has no centre.`,
      "Use odd kernel sides, or numbers for the padding instead of 'same'.",
    );
  }
  if (stride !== 1) {
    throw new InvalidOptionError(
      `Padding 'same' is ambiguous at stride ${stride}.`,
      'Give the padding in numbers: PyTorch usually has (kernel − 1) / 2 at every border.',
    );
  }
  const [y, x] = [((height - 1) / 2) * dilation, ((width - 1) / 2) * dilation];
  return [y, y, x, x];
}

export const uniform = (border: number): Borders => whole([border, border, border, border]);

function whole(borders: Borders): Borders {
  if (borders.length === 4 && borders.every(Number.isInteger)) return borders;
  throw new InvalidOptionError(
    `The padding ${JSON.stringify(borders)} is not made of whole numbers.`,
    'Give one number, or [top, bottom, left, right].',
  );
}

/** Throws unless `value` is a whole number ≥ 1. */
export function assertPositive(value: number, name: string): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new InvalidOptionError(`The ${name} ${value} is not a whole number ≥ 1.`, 'Use 1 or more.');
}

/** ⌊(size + before + after − dilation (kernel − 1) − 1) / stride⌋ + 1 for both axes. */
export function outputSize(
  [height, width]: Size,
  [kernelHeight, kernelWidth]: readonly number[],
  stride: number,
  dilation: number,
  [top, bottom, left, right]: Borders,
): Size {
  const along = (size: number, kernel: number) =>
    Math.floor((size - dilation * (kernel - 1) - 1) / stride) + 1;
  const size: Size = [
    along(height + top + bottom, kernelHeight),
    along(width + left + right, kernelWidth),
  ];
  if (size[0] >= 1 && size[1] >= 1) return size;
  throw new InvalidOptionError(
    `A ${kernelHeight}×${kernelWidth} kernel with dilation ${dilation} is larger than the padded ${height}×${width} map.`,
    'Use a larger map, or more padding.',
  );
}

/** Pads with zeros where a border is positive and crops where it is negative. Differentiable. */
export function padZeros(x: tf.Tensor4D, [top, bottom, left, right]: Borders): tf.Tensor4D {
  let y = x;
  if (top < 0 || bottom < 0 || left < 0 || right < 0) {
    const [n, height, width, channels] = x.shape;
    const cut = [top, bottom, left, right].map((border) => Math.max(0, -border));
    y = tf.slice(
      x,
      [0, cut[0], cut[2], 0],
      [n, height - cut[0] - cut[1], width - cut[2] - cut[3], channels],
    );
  }
  const add = [top, bottom, left, right].map((border) => Math.max(0, border));
  if (add.every((border) => border === 0)) return y;
  return tf.pad(y, [
    [0, 0],
    [add[0], add[1]],
    [add[2], add[3]],
    [0, 0],
  ]);
}

type ExplicitPadding = [[number, number], [number, number], [number, number], [number, number]];

/** How to hand a padding to tfjs: the map, padded beforehand where the backend cannot, and what is left. */
export interface PaddedMap {
  readonly x: tf.Tensor4D;
  readonly pad: 'same' | 'valid' | ExplicitPadding;
}

/** @param sameFits whether TensorFlow's `'same'` pads exactly so; every backend knows it */
export function padForKernel(x: tf.Tensor4D, borders: Borders, sameFits: boolean): PaddedMap {
  if (borders.every((border) => border === 0)) return { x, pad: 'valid' };
  if (sameFits) return { x, pad: 'same' };
  // tfjs-node refuses explicit padding, every backend negative ones.
  if (tf.getBackend() === 'tensorflow' || borders.some((border) => border < 0)) {
    return { x: padZeros(x, borders), pad: 'valid' };
  }
  const [top, bottom, left, right] = borders;
  return {
    x,
    pad: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
  };
}

/** Whether TensorFlow's `'same'` pads a kernel by exactly these borders. */
export function isTensorFlowSame(
  [height, width]: Size,
  [kernelHeight, kernelWidth]: readonly number[],
  stride: number,
  dilation: number,
  [top, bottom, left, right]: Borders,
): boolean {
  const along = (size: number, kernel: number, before: number, after: number) => {
    const covered = (Math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1;
    const total = Math.max(0, covered - size);
    return before === Math.floor(total / 2) && after === total - before;
  };
  return along(height, kernelHeight, top, bottom) && along(width, kernelWidth, left, right);
}
