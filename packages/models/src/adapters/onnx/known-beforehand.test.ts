import { expect, it } from 'vitest';
import { compileOnnx } from './compile';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from './onnx-model';

type Attributes = Readonly<Record<string, OnnxAttribute>>;
const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): OnnxNode => ({
  ...{ name: outputs[0]!, op, domain: '', inputs, outputs },
  attributes: new Map(Object.entries(attributes)),
});
const whole = (name: string, shape: readonly number[], ...data: number[]): OnnxTensor => ({
  ...{ name, shape, data, integer: true },
});
const graph = (
  nodes: readonly OnnxNode[],
  inputs: readonly string[],
  outputs: readonly string[],
): OnnxGraph => ({
  ...{ nodes, outputs, constants: new Map() },
  inputs: inputs.map((name) => ({ name })),
});

function compiled(nodes: readonly OnnxNode[]) {
  const constants = new Map(
    [whole('one', [1], 1), whole('three', [], 3), whole('zero', [1], 0)].map((each) => [
      each.name,
      each,
    ]),
  );
  const inputs = [{ name: 'x' }];
  return compileOnnx({ opset: 17, nodes, constants, inputs, outputs: ['y'] }, 'y');
}

/** Doubles what it carries; `goes` is what it answers for its condition. */
const doubling = (goes: readonly OnnxNode[], condition: string) =>
  graph(
    [node('Add', ['carried', 'carried'], ['doubled']), ...goes],
    ['turn', 'before', 'carried'],
    [condition, 'doubled'],
  );
const looped = (trips: string, body: OnnxGraph, first = '') =>
  node('Loop', [trips, first, 'x'], ['y'], { body });
const largest = node('ReduceMax', ['x'], ['largest'], { keepdims: 0 });

it.each<[string, readonly OnnxNode[], RegExp]>([
  ['a trip count', [largest, looped('largest', doubling([], 'before'))], /trip count/],
  [
    'a first condition',
    [largest, looped('three', doubling([], 'before'), 'largest')],
    /"y" \(Loop\) has a condition that depend/,
  ],
  [
    'a condition that the body computes from what it carries',
    [
      looped(
        '',
        doubling(
          [
            node('ReduceMax', ['doubled'], ['peak'], { keepdims: 0 }),
            node('Less', ['peak', 'three'], ['more']),
          ],
          'more',
        ),
      ),
    ],
    /"y" \(Loop\) has a condition that depends/,
  ],
  [
    'a condition that is computed from what is around it',
    [largest, looped('', doubling([node('Less', ['largest', 'three'], ['more'])], 'more'))],
    /"y" \(Loop\) has a condition that depends/,
  ],
  [
    'the condition of a branch',
    [
      largest,
      node('If', ['largest'], ['y'], {
        then_branch: graph([node('Neg', ['x'], ['a'])], [], ['a']),
        else_branch: graph([node('Abs', ['x'], ['b'])], [], ['b']),
      }),
    ],
    /"y" \(If\) has a condition/,
  ],
  [
    'the place of the largest, as the start of a slice',
    [node('ArgMax', ['x'], ['at'], { axis: 0 }), node('Slice', ['x', 'at', 'one'], ['y'])],
    /"y" \(Slice\) has starts/,
  ],
  ['sizes', [node('Reshape', ['x', 'x'], ['y'])], /"y" \(Reshape\) has sizes/],
])('is refused when it is loaded: %s', (_, nodes, message) => {
  expect(() => compiled(nodes)).toThrow(message);
});

it.each<[string, readonly OnnxNode[]]>([
  ['a loop of three turns', [looped('three', doubling([], 'before'))]],
  [
    'as many turns as the picture is high',
    [node('Size', ['x'], ['count']), looped('count', doubling([], 'before'))],
  ],
  [
    'a branch that never runs and could not',
    [
      node('If', ['one'], ['y'], {
        then_branch: graph([node('Neg', ['x'], ['a'])], [], ['a']),
        else_branch: graph([node('Reshape', ['x', 'x'], ['b'])], [], ['b']),
      }),
    ],
  ],
  [
    'a node that the answer does not need',
    [node('Reshape', ['x', 'x'], ['unused']), node('Neg', ['x'], ['y'])],
  ],
])('is not refused: %s', (_, nodes) => {
  compiled(nodes).dispose();
});

it('an order of axes that is none is refused before a kernel reads beyond its memory', () => {
  expect(() => compiled([node('Transpose', ['x'], ['y'], { perm: [1, 0, 0, 3] })])).toThrow(
    /"y" \(Transpose\) has the axes \[1,0,0,3\]/,
  );
});
