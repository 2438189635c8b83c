import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxNode } from './onnx-model';
import { isAbsent, known, list, number, type Operator, string, type Tools } from './operator';
import { type Sampling, samplingMatrix } from './resize-matrix';
import { unsupported } from './unsupported';
import { axisOf, channelsLast, ofMap, ofTensor, planar, shapeOf, type Value } from './value';

const PLACES = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
];

/** `Resize`, and `Upsample` before it. */
export const resizeOperator: Operator = (node, tools) => {
  const old = node.op === 'Upsample' || tools.opset < 11;
  const mode = string(node, 'mode', 'nearest');
  const place = string(node, 'coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  if (!['nearest', 'linear', 'cubic'].includes(mode)) unsupported(node, `has the mode ${mode}`);
  if (!PLACES.includes(place)) unsupported(node, `places its samples by ${place}`);
  const sampling = {
    mode,
    place,
    rounding: string(node, 'nearest_mode', old ? 'floor' : 'round_prefer_floor'),
    a: number(node, 'cubic_coeff_a', -0.75),
    excludeOutside: number(node, 'exclude_outside', 0) === 1,
    antialias: number(node, 'antialias', 0) === 1,
  };
  return (inputs) => {
    const [x] = inputs;
    const { size, scales } = targetOf(node, inputs, old);
    const shape = shapeOf(x);
    tools.room.bounded(node, [shape[0], shape[1], ...size]);
    const cropped = place === 'tf_crop_and_resize';
    if (!cropped && size[0] === shape[2] && size[1] === shape[3]) return x;
    const plain = size.every((side, i) => Math.abs(shape[i + 2] * scales[i] - side) < 2e-3);
    const fast = plain ? stock(x, size, sampling) : undefined;
    if (fast) return ofMap(fast);
    const roi = cropped ? known(node, inputs[1], 'regions') : [];
    return ofTensor(byMatrices(node, tools, planar(x), size, scales, sampling, roi));
  };
};

/** What core has a faster way for. */
function stock(
  value: Value,
  size: [number, number],
  { mode, place, rounding, a, excludeOutside, antialias }: Omit<Sampling, 'crop'>,
): tf.Tensor4D | undefined {
  if (antialias) return undefined;
  const x = channelsLast(value);
  if (mode === 'nearest') {
    const repeats = size.every((side, i) => side % x.shape[i + 1] === 0);
    const asymmetric = place === 'asymmetric' && rounding === 'floor';
    const centred =
      repeats &&
      ['half_pixel', 'pytorch_half_pixel'].includes(place) &&
      rounding.startsWith('round');
    return repeats && (asymmetric || centred) ? resize(x, size, 'nearest') : undefined;
  }
  if (mode === 'cubic' && (a !== -0.75 || excludeOutside)) return undefined;
  if (mode === 'linear' && excludeOutside) return undefined;
  const method = mode === 'cubic' ? 'bicubic' : 'bilinear';
  if (place === 'align_corners') return resize(x, size, method, { alignCorners: true });
  // The two differ for a side of one pixel only, where every rule gives that pixel.
  const centred =
    place === 'half_pixel' || (place === 'pytorch_half_pixel' && Math.min(...size) > 1);
  if (centred) return resize(x, size, method);
  if (place !== 'asymmetric' || mode !== 'linear') return undefined;
  return tf.image.resizeBilinear(x, size, false, false);
}

/** result = rows · map · columnsᵀ, for each channel. */
function byMatrices(
  node: OnnxNode,
  tools: Tools,
  x: tf.Tensor,
  size: readonly [number, number],
  scales: readonly [number, number],
  sampling: Omit<Sampling, 'crop'>,
  roi: readonly number[],
): tf.Tensor {
  const [n, channels, height, width] = x.shape;
  const fill = number(node, 'extrapolation_value', 0);
  const [rows, columns] = [height, width].map((from, i) => {
    tools.room.bounded(node, [from, size[i]]);
    const axes = list(node, 'axes')?.map((axis) => axisOf(axis, 4)) ?? [0, 1, 2, 3];
    const at = axes.indexOf(i + 2);
    const crop = [roi[at] ?? 0, roi[at + axes.length] ?? 1] as const;
    return samplingMatrix(from, size[i], scales[i], { ...sampling, crop });
  });
  const across = tf.tensor2d(columns.matrix, [size[1], width]);
  const down = tf.tensor2d(rows.matrix, [size[0], height]);
  const wide = tf.matMul(tf.reshape(x, [-1, width]) as tf.Tensor2D, across, false, true);
  const turned = tf.transpose(tf.reshape(wide, [n * channels, height, size[1]]), [0, 2, 1]);
  const both = tf.matMul(tf.reshape(turned, [-1, height]) as tf.Tensor2D, down, false, true);
  const back = tf.transpose(tf.reshape(both, [n * channels, size[1], size[0]]), [0, 2, 1]);
  const y = tf.reshape(back, [n, channels, ...size]);
  if (fill === 0 || (rows.outside.length === 0 && columns.outside.length === 0)) return y;
  const filled = Float32Array.from({ length: size[0] * size[1] }, (_, i) => {
    const [row, column] = [Math.floor(i / size[1]), i % size[1]];
    return rows.outside.includes(row) || columns.outside.includes(column) ? fill : 0;
  });
  return tf.add(y, tf.tensor4d(filled, [1, 1, ...size]));
}

/** The size, and the scale that places the samples, which is not always the ratio of the sizes. */
function targetOf(node: OnnxNode, inputs: readonly (Value | undefined)[], old: boolean) {
  const shape = shapeOf(inputs[0] as Value);
  if (shape.length !== 4) unsupported(node, `resizes a value of rank ${shape.length}`);
  const sizes = old || isAbsent(inputs[3]) ? undefined : known(node, inputs[3], 'sizes');
  const scalesAt = old ? inputs[1] : inputs[2];
  const given = sizes?.length
    ? undefined
    : (list(node, 'scales') ?? known(node, isAbsent(scalesAt) ? undefined : scalesAt, 'scales'));
  const axes = list(node, 'axes')?.map((axis) => axisOf(axis, 4)) ?? [0, 1, 2, 3];
  const at = (values: readonly number[] | undefined, axis: number) => values?.[axes.indexOf(axis)];
  let scales = shape.map((side, axis) => {
    const size = at(sizes, axis);
    return size === undefined ? (at(given, axis) ?? 1) : size / side;
  });
  const policy = string(node, 'keep_aspect_ratio_policy', 'stretch');
  let target = shape.map((side, axis) => at(sizes, axis) ?? Math.floor(side * scales[axis] + 1e-4));
  if (sizes?.length && policy !== 'stretch') {
    // One scale for the axes that are resized: the whole fits, or nothing is left free.
    const every = axes.map((axis) => scales[axis]);
    const one = policy === 'not_larger' ? Math.min(...every) : Math.max(...every);
    scales = scales.map((scale, axis) => (axes.includes(axis) ? one : scale));
    target = shape.map((side, axis) => Math.floor(side * scales[axis] + 0.5));
  }
  if (target[0] !== shape[0] || target[1] !== shape[1]) {
    unsupported(node, `resizes [${shape}] to [${target}]: batch or channels`);
  }
  if (!target.every((side) => side > 0)) unsupported(node, `resizes [${shape}] to [${target}]`);
  return {
    size: [target[2], target[3]] as [number, number],
    scales: [scales[2], scales[3]] as [number, number],
  };
}
