import { adaptiveAveragePool, averagePool, type Borders, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxNode } from '../onnx/onnx-model';
import { number, type Operator } from '../onnx/operator';
import { reductions } from '../onnx/reductions';
import { unsupported } from '../onnx/unsupported';
import { axisOf, ofTensor, shapeOf } from '../onnx/value';
import { activated, mapOf, paddingAlong, paddingOf, requireSize, sizesOf } from './operators';

/** Below every value of a network. */
const LOWEST = -3.4e38;

interface Windows {
  readonly size: readonly [height: number, width: number];
  readonly stride: readonly [number, number];
  bordersFor(map: tf.Tensor4D): Borders;
}

function windowsOf(node: OnnxNode): Windows {
  const positive = (name: string): number => {
    const value = number(node, name, 1);
    return value >= 1 ? value : unsupported(node, `has ${name} ${value}`);
  };
  const size = [positive('height'), positive('width')] as const;
  const stride = [positive('strideHeight'), positive('strideWidth')] as const;
  const padding = paddingOf(node);
  return {
    size,
    stride,
    bordersFor: ({ shape: [n, height, width, channels] }) => {
      const [top, bottom] = paddingAlong(padding, height, size[0], stride[0]);
      const [left, right] = paddingAlong(padding, width, size[1], stride[1]);
      const [tall, wide] = [height + top + bottom, width + left + right];
      requireSize(node, [n, tall, wide, channels]);
      if (size[0] > tall || size[1] > wide) {
        unsupported(node, `has windows of ${size.join('×')} for a map of ${height}×${width}`);
      }
      return [top, bottom, left, right];
    },
  };
}

const maxPool: Operator = (node) => {
  const { size, stride, bordersFor } = windowsOf(node);
  return ([x]) => {
    const map = mapOf(node, x);
    const whole = padded(map, bordersFor(map), LOWEST);
    return ofTensor(tf.maxPool(whole, [...size], [...stride], 'valid'));
  };
};

/** The mean of what a window covers of the map: padding does not count. */
const averagePoolOperator: Operator = (node) => {
  const { size, stride, bordersFor } = windowsOf(node);
  const inRow = size[0] === stride[0] && size[1] === stride[1];
  return ([x]) => {
    const map = mapOf(node, x);
    const [, height, width] = map.shape;
    const borders = bordersFor(map);
    const whole = height % size[0] === 0 && width % size[1] === 0;
    if (inRow && whole) {
      return ofTensor(adaptiveAveragePool(map, [height / size[0], width / size[1]]));
    }
    const plain = borders.every((border) => border === 0);
    if (plain && size[0] === size[1] && stride[0] === stride[1]) {
      return ofTensor(averagePool(map, { size: size[0], stride: stride[0] }));
    }
    const y = tf.avgPool(padded(map, borders, 0), [...size], [...stride], 'valid');
    if (plain) return ofTensor(y);
    const rows = shares(y.shape[1], height, size[0], stride[0], borders[0]);
    const columns = shares(y.shape[2], width, size[1], stride[1], borders[2]);
    const counted = rows.flatMap((row) => columns.map((column) => row * column));
    return ofTensor(tf.mul(y, tf.tensor4d(counted, [1, rows.length, columns.length, 1])));
  };
};

function padded(map: tf.Tensor4D, [top, bottom, left, right]: Borders, value: number): tf.Tensor4D {
  if (top + bottom + left + right === 0) return map;
  return tf.pad(
    map,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    value,
  );
}

/** The length of a window by how many of its samples lie in the map. */
function shares(windows: number, length: number, size: number, stride: number, before: number) {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return size / (Math.min(length, start + size) - Math.max(0, start));
  });
}

/** The mean over a whole map is a pooling, which wasm computes without transposing it. */
const mean: Operator = (node, tools) => {
  const keep = number(node, 'keepdims', 0) === 1;
  const general = reductions.ReduceMean(node, tools);
  return (inputs) => {
    const rank = shapeOf(inputs[0]).length;
    const axes = sizesOf(node, inputs[1], 'axes').map((axis) => axisOf(axis, rank));
    if (!keep || rank !== 4 || axes.length !== 2 || !axes.includes(1) || !axes.includes(2)) {
      return general(inputs);
    }
    return ofTensor(adaptiveAveragePool(mapOf(node, inputs[0]), [1, 1]));
  };
};

const resizeBilinear: Operator = (node) => {
  const corners = number(node, 'corners', 0) === 1;
  const halfPixel = number(node, 'halfPixel', 0) === 1;
  return ([x, sizes]) => {
    const map = mapOf(node, x);
    const [height, width] = targetOf(node, map, sizesOf(node, sizes, 'sizes'));
    if (corners || halfPixel) {
      return ofTensor(resize(map, [height, width], 'bilinear', { alignCorners: corners }));
    }
    return ofTensor(tf.image.resizeBilinear(map, [height, width], false, false));
  };
};

/** Repetitions: there the place of the sample and its rounding agree, whatever the rule. */
const resizeNearest: Operator = (node) => {
  const plain = number(node, 'corners', 0) === 0 && number(node, 'halfPixel', 0) === 0;
  return ([x, sizes]) => {
    const map = mapOf(node, x);
    const [height, width] = targetOf(node, map, sizesOf(node, sizes, 'sizes'));
    const repeats = height % map.shape[1] === 0 && width % map.shape[2] === 0;
    if (number(node, 'corners', 0) === 1 || (!plain && !repeats)) {
      unsupported(
        node,
        `is nearest with align_corners, or half_pixel_centers to ${height}×${width}`,
      );
    }
    return ofTensor(resize(map, [height, width], 'nearest'));
  };
};

function targetOf(
  node: OnnxNode,
  { shape: [n, , , channels] }: tf.Tensor4D,
  sizes: readonly number[],
): readonly [number, number] {
  const [height, width] = sizes;
  if (sizes.length !== 2 || height < 1 || width < 1) unsupported(node, `resizes to [${sizes}]`);
  requireSize(node, [n, height, width, channels]);
  return [height, width];
}

/** `x / √max(Σ x², ε)` over the channels. */
const l2Normalization: Operator =
  () =>
  ([x]) => {
    const map = x.tensor as tf.Tensor;
    const length = tf.sqrt(tf.maximum(tf.sum(tf.square(map), -1, true), 1e-6));
    return ofTensor(tf.div(map, length));
  };

/** Maps `[N, H, W, C]`: windows, sizes, means. */
export const pooling: Readonly<Record<string, Operator>> = {
  AVERAGE_POOL_2D: activated(averagePoolOperator),
  MAX_POOL_2D: activated(maxPool),
  RESIZE_BILINEAR: resizeBilinear,
  RESIZE_NEAREST_NEIGHBOR: resizeNearest,
  L2_NORMALIZATION: activated(l2Normalization),
  MEAN: mean,
};
