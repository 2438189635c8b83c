import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { known, number, type Operator } from './operator';
import { unsupported } from './unsupported';
import { axisOf, ofHost, ofTensor, shapeOf } from './value';

const MOST_VALUES = 2 ** 16;

const shapeOperator: Operator = (node) => {
  const [start, end] = [number(node, 'start', 0), number(node, 'end', Number.MAX_SAFE_INTEGER)];
  return ([x]) => {
    const shape = shapeOf(x);
    const at = (place: number) => Math.max(0, axisOf(place, shape.length));
    return ofHost(shape.slice(at(start), at(end)));
  };
};

const size: Operator =
  () =>
  ([x]) =>
    ofHost([countOf(shapeOf(x))], []);

const range: Operator = (node) => (inputs) => {
  const [start, limit, delta] = inputs.map((value) => known(node, value, 'bounds')[0]);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= MOST_VALUES)) unsupported(node, `makes ${count} values`);
  const data = Array.from({ length: count }, (_, i) => start + i * delta);
  return ofHost(
    data,
    [count],
    inputs.every(({ host }) => host?.integer),
  );
};

const constantOfShape: Operator = (node, tools) => {
  const value = node.attributes.get('value');
  const tensor = typeof value === 'object' && 'data' in value ? value : undefined;
  return ([shape]) => {
    const sides = known(node, shape, 'sizes');
    const count = countOf(sides);
    const fill = tensor?.data[0] ?? 0;
    if (!(count <= MOST_VALUES))
      return ofTensor(tf.fill([...tools.room.bounded(node, sides)], fill));
    return ofHost(
      Array.from({ length: count }, () => fill),
      sides,
      tensor?.integer ?? false,
    );
  };
};

/** Sizes as values, and values of a size. */
export const shapes: Readonly<Record<string, Operator>> = {
  Shape: shapeOperator,
  Size: size,
  Range: range,
  ConstantOfShape: constantOfShape,
};
