import * as tf from '@tensorflow/tfjs-core';
import {
  decodeString,
  type GraphAttribute,
  type GraphNode,
  isOrderOnly,
  reference,
} from './graph-node';

/** What holds the values of `Const` nodes, by name. */
export type GraphConstants = Readonly<Record<string, readonly tf.Tensor[]>>;

export interface DilatedGraph {
  readonly nodes: readonly GraphNode[];
  /** Of the `Const` nodes that were added; owned by the caller. */
  readonly constants: Readonly<Record<string, readonly tf.Tensor[]>>;
}

const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);

/** Value by value, so that they do the same before and after pixels are put back into their places. */
const POINTWISE = new Set(['BiasAdd', 'Relu', 'Relu6', 'Elu', 'Sigmoid', 'Tanh', 'LeakyRelu']);

/**
 * Dilated convolutions as such. TensorFlow writes one of dilation r as `SpaceToBatchND`, which deals the pixels out to
 * r² pictures, a convolution of each, and `BatchToSpaceND`. With paddings p and crops c, both per side,
 *
 *     BatchToSpace(conv(SpaceToBatch(x, r, p)), r, c) = conv_r(pad(x, p − c))
 *
 * without padding in either convolution: an output that is cropped away takes its input row along. TensorFlow's crops
 * are never above its paddings: both round the size up to a multiple of r.
 *
 * @param nodes without fused operations
 * @param values of the `Const` nodes
 */
export async function dilate(
  nodes: readonly GraphNode[],
  values: GraphConstants,
): Promise<DilatedGraph> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const users = usersOf(nodes);
  const changed = new Map<string, readonly GraphNode[]>();
  for (const scatter of nodes.filter(({ op }) => op === 'SpaceToBatchND')) {
    const chain = chainFrom(scatter, byName, users);
    if (chain === undefined) continue;
    const { convolution, gather } = chain;
    const [block, other] = [await blockOf(scatter, values), await blockOf(gather, values)];
    if (block === undefined || block.join() !== other?.join()) continue;
    for (const [name, replacement] of replacements(scatter, convolution, gather, block)) {
      changed.set(name, replacement);
    }
  }
  if (changed.size === 0) return { nodes, constants: {} };
  const added = [ZERO_ROW, FIRST_AXIS].map((name) => ({ name, op: 'Const', attr: INT32 }));
  return {
    nodes: [...added, ...nodes.flatMap((node) => changed.get(node.name) ?? [node])],
    constants: {
      [ZERO_ROW]: [tf.zeros([1, 2], 'int32')],
      [FIRST_AXIS]: [tf.scalar(0, 'int32')],
    },
  };
}

const ZERO_ROW = 'latent-matte/zero-row';
const FIRST_AXIS = 'latent-matte/first-axis';
const INT32: Readonly<Record<string, GraphAttribute>> = { dtype: { type: 'DT_INT32' } };

interface Chain {
  readonly convolution: GraphNode;
  readonly gather: GraphNode;
}

/** The way from a `SpaceToBatchND` to its `BatchToSpaceND`, where nothing else looks at what lies between. */
function chainFrom(
  scatter: GraphNode,
  byName: ReadonlyMap<string, GraphNode>,
  users: ReadonlyMap<string, readonly string[]>,
): Chain | undefined {
  let convolution: GraphNode | undefined;
  for (let node = scatter; ; ) {
    const next = users.get(node.name);
    if (next?.length !== 1) return undefined;
    const user = byName.get(next[0])!;
    // As the picture, not as a weight or an order.
    if (user.input?.[0] !== node.name) return undefined;
    if (user.op === 'BatchToSpaceND') {
      return convolution && { convolution, gather: user };
    }
    if (convolution === undefined) {
      if (!isPlain(user)) return undefined;
      convolution = user;
    } else if (!POINTWISE.has(user.op)) return undefined;
    node = user;
  }
}

/** Without padding, strides or dilation, NHWC. */
function isPlain({ op, attr = {} }: GraphNode): boolean {
  const ones = (name: string): boolean => {
    const list = (attr[name]?.list as { i?: readonly (string | number)[] } | undefined)?.i;
    return list === undefined || list.every((value) => Number(value) === 1);
  };
  const is = (name: string, value: string): boolean => decodeString(attr[name]?.s ?? '') === value;
  return (
    CONVOLUTIONS.has(op) &&
    is('padding', 'VALID') &&
    (attr.data_format === undefined || is('data_format', 'NHWC')) &&
    ones('strides') &&
    ones('dilations')
  );
}

/** Rows and columns of a constant block, where it has just these. */
async function blockOf(
  { input }: GraphNode,
  values: GraphConstants,
): Promise<readonly number[] | undefined> {
  const tensor = values[reference(input?.[1] ?? '').node]?.[0];
  if (tensor?.size !== 2) return undefined;
  return [...(await tensor.data())];
}

function replacements(
  scatter: GraphNode,
  convolution: GraphNode,
  gather: GraphNode,
  [rows, columns]: readonly number[],
): [string, readonly GraphNode[]][] {
  const [x, , paddings] = scatter.input!;
  const [inner, , crops] = gather.input!;
  const left = `${scatter.name}/left`;
  const both = `${scatter.name}/paddings`;
  const type = { T: { type: 'DT_FLOAT' } };
  const whole = { T: { type: 'DT_INT32' } };
  const dilations = { list: { i: ['1', String(rows), String(columns), '1'] } } as GraphAttribute;
  return [
    [
      scatter.name,
      [
        { name: left, op: 'Sub', input: [paddings, crops], attr: whole },
        {
          name: both,
          op: 'ConcatV2',
          input: [ZERO_ROW, left, ZERO_ROW, FIRST_AXIS],
          attr: { ...whole, N: { i: '3' } },
        },
        { name: scatter.name, op: 'Pad', input: [x, both], attr: type },
      ],
    ],
    [convolution.name, [{ ...convolution, attr: { ...convolution.attr, dilations } }]],
    [gather.name, [{ name: gather.name, op: 'Identity', input: [inner], attr: type }]],
  ];
}

function usersOf(nodes: readonly GraphNode[]): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const { name, input = [] } of nodes) {
    for (const each of input) {
      if (isOrderOnly(each)) continue;
      const { node } = reference(each);
      users.set(node, [...(users.get(node) ?? []), name]);
    }
  }
  return users;
}
