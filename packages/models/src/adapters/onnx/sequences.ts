import * as tf from '@tensorflow/tfjs-core';
import { isAbsent, known, number, type Operator } from './operator';
import { part } from './slicing';
import { unsupported } from './unsupported';
import { axisOf, ofHost, ofTensor, planar, shapeOf, type Value } from './value';

const MOST_ITEMS = 4096;

/** A sequence is a value that holds others; only the operators here look inside. */
interface Sequence extends Value {
  readonly items: readonly Value[];
}

const itemsOf = (node: Parameters<Operator>[0], value: Value): readonly Value[] =>
  'items' in value ? (value as Sequence).items : unsupported(node, 'needs a sequence');
const sequence = (items: readonly Value[]): Sequence => ({ items });

const splitToSequence: Operator =
  (node) =>
  ([x, sizes]) => {
    const shape = shapeOf(x);
    const axis = axisOf(number(node, 'axis', 0), shape.length);
    const side = shape[axis];
    const given = isAbsent(sizes) ? [1] : known(node, sizes, 'sizes');
    const scalar = isAbsent(sizes) || shapeOf(sizes).length === 0;
    if (scalar && !(given[0] > 0)) unsupported(node, `splits by ${given[0]}`);
    const lengths = scalar
      ? Array.from({ length: Math.ceil(side / given[0]) }, (_, i) =>
          Math.min(given[0], side - i * given[0]),
        )
      : given;
    if (lengths.reduce((a, b) => a + b, 0) !== side)
      unsupported(node, `splits ${side} by [${given}]`);
    let at = 0;
    const items = lengths.map((length) => {
      const begin = shape.map((_, i) => (i === axis ? at : 0));
      at += length;
      const piece = part(
        x,
        begin,
        shape.map((own, i) => (i === axis ? length : own)),
      );
      if (!isAbsent(sizes) || number(node, 'keepdims', 1) === 1) return piece;
      return ofTensor(tf.squeeze(planar(piece), [axis]));
    });
    return sequence(items);
  };

const concatFromSequence: Operator =
  (node, tools) =>
  ([value]) => {
    const tensors = itemsOf(node, value).map(planar);
    const fresh = number(node, 'new_axis', 0) === 1;
    if (tensors.length === 0) unsupported(node, 'joins nothing');
    const rank = tensors[0].rank + Number(fresh);
    const axis = axisOf(number(node, 'axis', 0), rank);
    tools.room.bounded(node, [tensors.reduce((sum, { size }) => sum + size, 0)]);
    return ofTensor(fresh ? tf.stack(tensors, axis) : tf.concat(tensors, axis));
  };

const at: Operator =
  (node) =>
  ([value, place]) => {
    const items = itemsOf(node, value);
    const [index] = known(node, place, 'a place');
    return (
      items[axisOf(index, items.length)] ?? unsupported(node, `takes ${index} of ${items.length}`)
    );
  };

/** With one more item, at the end or before a place. */
const insert: Operator =
  (node) =>
  ([value, item, place]) => {
    const items = itemsOf(node, value);
    if (items.length >= MOST_ITEMS) unsupported(node, `makes more than ${MOST_ITEMS} items`);
    const given = isAbsent(place) ? items.length : known(node, place, 'a place')[0];
    const index = axisOf(given, items.length);
    if (!(index >= 0 && index <= items.length)) {
      unsupported(node, `inserts at ${given} of ${items.length}`);
    }
    return sequence([...items.slice(0, index), item, ...items.slice(index)]);
  };

export const sequences: Readonly<Record<string, Operator>> = {
  SplitToSequence: splitToSequence,
  ConcatFromSequence: concatFromSequence,
  SequenceConstruct: () => (inputs) => sequence(inputs),
  SequenceAt: at,
  SequenceEmpty: () => () => sequence([]),
  SequenceInsert: insert,
  SequenceLength:
    (node) =>
    ([value]) =>
      ofHost([itemsOf(node, value).length], []),
};
