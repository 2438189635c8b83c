import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { dilate } from './dilate';
import type { GraphNode } from './graph-node';
import { graphWeights } from './graph-weights';
import { artifactsOf, fusedConvolution, placeholder } from './small-graph';
import { unfuse } from './unfuse';

const node = (name: string, op: string, ...input: string[]): GraphNode => ({
  name,
  op,
  input,
  attr: { T: { type: 'DT_FLOAT' } },
});
const normals = (count: number) =>
  Array.from({ length: count }, (_, i) => 0.3 * Math.sin(12.9898 * (i + 1)));
const int32 = (values: readonly number[], shape = [values.length]) =>
  ({ shape, values, dtype: 'int32' }) as const;

type Op = 'Conv2D' | 'DepthwiseConv2dNative';

interface Case {
  readonly op: Op;
  readonly block: readonly [number, number];
  readonly paddings: readonly number[];
  readonly crops: readonly number[];
  readonly extra?: readonly GraphNode[];
  readonly padding?: 'SAME' | 'VALID';
}

/** image → dealt out → convolved, bias, ReLU → put back → answer */
const nodesOf = ({ op, extra = [], padding = 'VALID' }: Case): GraphNode[] => [
  placeholder('image'),
  node('dealt', 'SpaceToBatchND', 'image', 'block', 'paddings'),
  fusedConvolution('convolved', ['dealt', 'weights', 'bias'], ['BiasAdd', 'Relu'], { op, padding }),
  node('back', 'BatchToSpaceND', 'convolved', 'block', 'crops'),
  node('answer', 'Identity', 'back'),
  ...extra,
];

function graphModel(made: Case): GraphModel<tf.io.IOHandlerSync> {
  const outputs = made.op === 'Conv2D' ? 2 : 6;
  const model = new GraphModel({
    load: () =>
      artifactsOf(nodesOf(made), {
        weights: { shape: [3, 3, 3, 2], values: normals(54) },
        bias: { shape: [outputs], values: normals(outputs) },
        block: int32(made.block),
        paddings: int32(made.paddings, [2, 2]),
        crops: int32(made.crops, [2, 2]),
      }),
  });
  model.load();
  return model;
}

/** The same after `dilate`, or undefined where that finds nothing to do. */
async function dilatedModel(original: GraphModel<tf.io.IOHandlerSync>) {
  const artifacts = original as unknown as {
    artifacts: { modelTopology: { node: GraphNode[]; versions: object } };
  };
  const { node: nodes, versions } = artifacts.artifacts.modelTopology;
  const plain = unfuse(nodes);
  const before = tf.memory().numTensors;
  const { nodes: rewritten, constants } = await dilate(plain, original.weights);
  if (rewritten === plain) {
    expect(tf.memory().numTensors).toBe(before);
    return undefined;
  }
  const weights = await graphWeights(rewritten, { ...original.weights, ...constants });
  tf.dispose(Object.values(constants).flat());
  const modelTopology = { node: rewritten as GraphNode[], versions };
  const model = new GraphModel({ load: () => ({ modelTopology, ...weights }) as never });
  model.load();
  return { model, rewritten };
}

everyBackend(() => {
  it.each<Case & { height: number; width: number }>([
    {
      op: 'Conv2D',
      block: [2, 2],
      paddings: [2, 3, 2, 2],
      crops: [0, 1, 0, 0],
      height: 7,
      width: 8,
    },
    {
      op: 'Conv2D',
      block: [3, 1],
      paddings: [1, 2, 0, 0],
      crops: [1, 1, 0, 0],
      height: 12,
      width: 5,
    },
    {
      op: 'DepthwiseConv2dNative',
      block: [2, 4],
      paddings: [2, 3, 4, 5],
      crops: [0, 1, 0, 1],
      height: 9,
      width: 11,
    },
  ])('makes one dilated $op of pictures dealt out by $block', async (made) => {
    const original = graphModel(made);
    const dilated = (await dilatedModel(original))!;
    expect(dilated.rewritten.map(({ op }) => op)).not.toContain('SpaceToBatchND');
    const image = tf.randomUniform([1, made.height, made.width, 3], 0, 1, 'float32', 3);
    const [expected, answer] = [original, dilated.model].map(
      (model) => model.execute({ image }, 'answer') as tf.Tensor,
    ) as [tf.Tensor, tf.Tensor];
    expect(answer.shape).toEqual(expected.shape);
    expect(expected.size).toBeGreaterThan(0);
    const error = tf.tidy(() => tf.max(tf.abs(tf.sub(answer, expected))).dataSync()[0]);
    expect(error).toBeLessThan(1e-5);
    tf.dispose([image, expected, answer]);
    for (const model of [original, dilated.model]) model.dispose();
  });

  const common = {
    op: 'Conv2D',
    block: [2, 2],
    paddings: [0, 0, 0, 0],
    crops: [0, 0, 0, 0],
  } as const;
  it.each<[string, Case]>([
    [
      'something looks in between',
      { ...common, extra: [node('look', 'Mean', 'convolved', 'block')] },
    ],
    ['the convolution has a padding of its own', { ...common, padding: 'SAME' }],
  ])('leaves them where %s', async (_, made) => {
    const original = graphModel(made);
    expect(await dilatedModel(original)).toBeUndefined();
    original.dispose();
  });
}, ['cpu', 'wasm', 'tensorflow']);
