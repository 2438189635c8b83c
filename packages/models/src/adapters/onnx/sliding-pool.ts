import * as tf from '@tensorflow/tfjs-core';
import { bordersFor } from './convolutions';
import type { OnnxNode } from './onnx-model';
import { list, number, type Step, type Tools } from './operator';
import { every } from './slicing';
import { unsupported } from './unsupported';
import { channelsLast, ofMap, ofTensor, planar } from './value';

/** Below every value of a network. */
const LOWEST = -3.4e38;

/**
 * Pooling whose windows, strides, dilations or pads differ by axis or side. A maximum or sum over a rectangle is one
 * over its rows of one over its columns, and each is made of shifted pieces of the map:
 *
 *     y[o] = max over t of x[o · stride + t · dilation]
 */
export function slidingPool(
  node: OnnxNode,
  tools: Tools,
  kind: 'max' | 'mean',
  countPadding: boolean,
): Step {
  const size = list(node, 'kernel_shape') ?? unsupported(node, 'has no kernel_shape');
  const strides = list(node, 'strides') ?? [1, 1];
  const dilations = list(node, 'dilations') ?? [1, 1];
  const ceilMode = number(node, 'ceil_mode', 0) === 1;
  const borders = bordersFor(node, size, strides, dilations);
  return ([value]) => {
    const x = channelsLast(value);
    const [top, bottom, left, right] = borders(x.shape[1], x.shape[2]);
    const sides = [
      [top, bottom],
      [left, right],
    ];
    return ofMap(
      [0, 1].reduce((map: tf.Tensor, i): tf.Tensor => {
        const axis = i + 1;
        const [before, after] = sides[i];
        const length = map.shape[axis];
        const [stride, dilation] = [strides[i], dilations[i]];
        const reach = (size[i] - 1) * dilation + 1;
        const steps = (length + before + after - reach) / stride;
        let count = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
        if (ceilMode && (count - 1) * stride >= length + before) count--;
        if (!(count > 0)) unsupported(node, `has windows of ${reach} on a map of ${length}`);
        const more = Math.max(0, (count - 1) * stride + reach - (length + before + after));
        const around = map.shape.map((_, k): [number, number] =>
          k === axis ? [before, after + more] : [0, 0],
        );
        tools.room.bounded(
          node,
          map.shape.map((side, k) => side + around[k][0] + around[k][1]),
        );
        const padded = tf.pad(map, around, kind === 'max' ? LOWEST : 0);
        const taps = Array.from({ length: size[i] }, (_, t) => {
          const begin = map.shape.map((_, k) => (k === axis ? t * dilation : 0));
          const span = map.shape.map((side, k) => (k === axis ? (count - 1) * stride + 1 : side));
          const piece = tf.slice(padded, begin, span);
          return stride === 1 ? piece : planar(every(ofTensor(piece), axis, stride));
        });
        const all = taps.reduce((a, b) => (kind === 'max' ? tf.maximum(a, b) : tf.add(a, b)));
        if (kind === 'max') return all;
        const [low, high] = countPadding ? [-before, length + after] : [0, length];
        const factors = Array.from({ length: count }, (_, o) => {
          const places = taps.map((_, t) => o * stride + t * dilation - before);
          return 1 / places.filter((place) => place >= low && place < high).length;
        });
        const shape = map.shape.map((_, k) => (k === axis ? count : 1));
        return tf.mul(all, tf.tensor(factors, shape));
      }, x),
    );
  };
}
