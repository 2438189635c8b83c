import { customGradient, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { known, number, type Operator, string } from './operator';
import { unsupported } from './unsupported';
import { axisOf, ofHost, ofTensor, planar, shapeOf } from './value';

/** Where each place of a value lies in its numbers. */
function flatPlace(place: readonly number[], shape: readonly number[]): number {
  return place.reduce((at, i, axis) => at * shape[axis] + i, 0);
}

/** The place, one index for an axis, of a number: what {@link flatPlace} undoes. */
function placeOf(flat: number, shape: readonly number[]): number[] {
  const place = shape.map(() => 0);
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return place;
}

/**
 * Values at places along an axis, as many as there are indices; those are known beforehand. The gradient goes back to where
 * a value was taken, as often as it was.
 */
const gatherElements: Operator =
  (node, tools) =>
  ([x, indices]) => {
    const shape = shapeOf(x);
    const table = shapeOf(indices);
    const axis = axisOf(number(node, 'axis', 0), shape.length);
    const fits = table.every((side, i) => i === axis || side <= shape[i]);
    if (!(axis >= 0 && axis < shape.length && table.length === shape.length && fits))
      unsupported(node, `takes [${table}] of [${shape}] along the axis ${axis}`);
    const given = known(node, indices, 'indices');
    tools.room.bounded(node, table);
    const flat = given.map((index, i) => {
      const place = placeOf(i, table);
      place[axis] = axisOf(index, shape[axis]);
      if (!(place[axis] >= 0 && place[axis] < shape[axis]))
        unsupported(node, `takes ${index} of ${shape[axis]}`);
      return flatPlace(place, shape);
    });
    if (x.host) {
      const { data, integer } = x.host;
      return ofHost(
        flat.map((at) => data[at]),
        table,
        integer,
      );
    }
    if (flat.length === 0) return ofTensor(tf.zeros([...table]));
    return ofTensor(taken(planar(x), flat, table));
  };

/** wasm has no gradient of a gather: it is written out. */
function taken(x: tf.Tensor, flat: readonly number[], shape: readonly number[]): tf.Tensor {
  const count = x.size;
  return customGradient(
    [x],
    (values) => {
      const at = tf.tensor1d([...flat], 'int32');
      return {
        value: tf.reshape(tf.gather(tf.reshape(values, [-1]), at), [...shape]),
        saved: [at],
      };
    },
    (dy, [at]) => tf.reshape(spread(at, dy, count), x.shape),
  );
}

/** Values put at places of `count` zeros; what falls on the same place adds up. */
const spread = (at: tf.Tensor, values: tf.Tensor, count: number): tf.Tensor =>
  tf.scatterND(tf.reshape(at, [-1, 1]) as tf.Tensor2D, tf.reshape(values, [-1]), [count]);

/** The first value with slices of the second put over it, or added to it, at places that are known beforehand. */
const scatterNd: Operator = (node, tools) => {
  const reduction = string(node, 'reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add')
    unsupported(node, `has the reduction "${reduction}"; none and add are supported`);
  return ([x, indices, updates]) => {
    const shape = shapeOf(x);
    const table = shapeOf(indices);
    const depth = table[table.length - 1] ?? 0;
    const wanted = [...table.slice(0, -1), ...shape.slice(depth)];
    const updated = shapeOf(updates);
    if (!(depth >= 1 && depth <= shape.length && wanted.join() === updated.join()))
      unsupported(node, `puts [${updated}] at [${table}] of [${shape}]`);
    tools.room.bounded(node, shape);
    tools.room.bounded(node, updated);
    const rows = known(node, indices, 'indices');
    const each = countOf(shape.slice(depth));
    const starts = Array.from({ length: countOf(table.slice(0, -1)) }, (_, row) => {
      const place = shape.slice(0, depth).map((side, i) => axisOf(rows[row * depth + i], side));
      if (place.some((at, i) => !(at >= 0 && at < shape[i])))
        unsupported(node, `puts a value at [${place}] of [${shape}]`);
      return flatPlace(place, shape) * each;
    });
    if (reduction === 'none' && new Set(starts).size !== starts.length)
      unsupported(node, 'puts two values at one place');
    const flat = starts.flatMap((start) => Array.from({ length: each }, (_, i) => start + i));
    if (x.host && updates.host && !x.tensor && !updates.tensor) {
      const data = [...x.host.data];
      const more = updates.host.data;
      for (const [i, at] of flat.entries())
        data[at] = reduction === 'add' ? data[at] + more[i] : more[i];
      return ofHost(data, shape, x.host.integer && updates.host.integer);
    }
    if (flat.length === 0) return x;
    return ofTensor(put(planar(x), flat, planar(updates), reduction === 'add'));
  };
};

function put(x: tf.Tensor, flat: readonly number[], updates: tf.Tensor, adds: boolean): tf.Tensor {
  const count = x.size;
  return customGradient(
    [x, updates],
    (values, more) => {
      const at = tf.tensor1d([...flat], 'int32');
      const covered = tf.cast(spread(at, tf.ones([flat.length]), count), 'bool');
      const over = tf.reshape(spread(at, more, count), values.shape);
      const mask = tf.reshape(covered, values.shape);
      // Not as a product: what is covered may be infinite.
      const value = adds ? tf.add(values, over) : tf.where(mask, over, values);
      return { value, saved: [at, mask] };
    },
    (dy, [at, mask]) => [
      adds ? tf.clone(dy) : tf.where(mask, tf.zerosLike(dy), dy),
      tf.reshape(tf.gather(tf.reshape(dy, [-1]), at as tf.Tensor1D), updates.shape),
    ],
  );
}

/** Where known numbers are not 0: a column for each. */
const nonZero: Operator =
  (node) =>
  ([x]) => {
    const shape = shapeOf(x);
    const data = known(node, x, 'values');
    const found = data.flatMap((value, i) => (value === 0 ? [] : [i]));
    const places = found.map((at) => placeOf(at, shape));
    const rows = shape.map((_, axis) => places.map((place) => place[axis]));
    return ofHost(rows.flat(), [shape.length, found.length]);
  };

/** One value at the place that an index names along a new axis, another elsewhere. It jumps: no gradient passes. */
const oneHot: Operator = (node, tools) => {
  return ([indices, size, values]) => {
    const depth = known(node, size, 'a depth')[0];
    const [off, on] = known(node, values, 'values');
    const shape = shapeOf(indices);
    const axis = axisOf(number(node, 'axis', -1), shape.length + 1);
    if (!(Number.isInteger(depth) && depth >= 1 && axis >= 0 && axis <= shape.length))
      unsupported(node, `makes an axis ${axis} of ${depth} of [${shape}]`);
    const result = [...shape.slice(0, axis), depth, ...shape.slice(axis)];
    tools.room.bounded(node, result);
    const made = stopGradient(() => {
      // Truncated towards 0, as integers are made of numbers; counted from the end where negative.
      const plain = tf.expandDims(tf.cast(tf.cast(planar(indices), 'int32'), 'float32'), axis);
      const places = tf.where(tf.less(plain, 0), tf.add(plain, depth), plain);
      const along = result.map((_, i) => (i === axis ? depth : 1));
      const is = tf.equal(places, tf.reshape(tf.range(0, depth), along));
      return tf.add(tf.mul(tf.cast(is, 'float32'), on - off), off);
    });
    return ofTensor(made);
  };
};

/** Values put to, or taken from, places of their own. */
export const scattering: Readonly<Record<string, Operator>> = {
  GatherElements: gatherElements,
  ScatterND: scatterNd,
  NonZero: nonZero,
  OneHot: oneHot,
};
