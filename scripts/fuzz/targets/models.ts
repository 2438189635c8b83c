import { type MattingModel, useNodeBackend } from '@latent-matte/backend-node';
import { fromOnnx, fromTflite } from '@latent-matte/backend-node/models';
import * as tf from '@tensorflow/tfjs-core';
import { writeOnnx } from '../../../packages/models/src/adapters/onnx/write-onnx';
import { writeTflite } from '../../../packages/models/src/adapters/tflite/write-tflite';
import { parseGraphModel } from '../../../packages/models/src/model-file/model-file';
import {
  readDescription,
  readFacts,
} from '../../../packages/models/src/model-file/read-description';
import { filesOf } from '../files-of';
import { jsonOf, type Target, text } from '../target';

const floats = (...values: number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(values).buffer);

const matting = { kind: 'matting', name: 'fuzz', differentiable: 'none' } as const;

const onnx: Target = {
  name: 'onnx',
  async corpus() {
    await useNodeBackend({ device: 'wasm' });
    const mix = writeOnnx({
      nodes: [
        { op: 'Conv', inputs: ['x', 'w'], outputs: ['m'] },
        { op: 'Sigmoid', inputs: ['m'], outputs: ['y'] },
      ],
      weights: [{ name: 'w', dims: [1, 3, 1, 1], raw: floats(1, 2, -1) }],
      inputs: { x: [1, 3, 32, 32] },
      outputs: ['y'],
    });
    const sizes = (name: string, ...values: number[]) => ({
      name,
      dims: [values.length],
      type: 7,
      raw: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
    });
    // Rows of pixels as sequences.
    const layer = writeOnnx({
      nodes: [
        { op: 'Reshape', inputs: ['x', 'rows'], outputs: ['s'] },
        { op: 'GRU', inputs: ['s', 'w', 'r'], outputs: ['h'] },
        { op: 'Reshape', inputs: ['h', 'map'], outputs: ['m'] },
        { op: 'TopK', inputs: ['m', 'k'], outputs: ['y', 'places'] },
      ],
      weights: [
        { name: 'w', dims: [1, 3, 3], raw: floats(1, -1, 2, 0, 1, -2, 1, 1, -1) },
        { name: 'r', dims: [1, 3, 1], raw: floats(1, -1, 2) },
        sizes('rows', 32, 32, 3),
        sizes('map', 1, 1, 32, 32),
        sizes('k', 32),
      ],
      inputs: { x: [1, 3, 32, 32] },
      outputs: ['y'],
    });
    // Places of their own: a pixel that is put, values that are taken, and where a table is not 0.
    const places = writeOnnx({
      nodes: [
        { op: 'ScatterND', inputs: ['x', 'at', 'u'], outputs: ['put'] },
        { op: 'GatherElements', inputs: ['put', 'i'], outputs: ['taken'] },
        { op: 'ReduceMax', inputs: ['taken'], outputs: ['most'] },
        { op: 'NonZero', inputs: ['table'], outputs: ['found'] },
        { op: 'Transpose', inputs: ['found'], outputs: ['rows'] },
        { op: 'GatherND', inputs: ['x', 'rows'], outputs: ['few'] },
        { op: 'ReduceMax', inputs: ['few'], outputs: ['more'] },
        { op: 'ArgMax', inputs: ['x'], outputs: ['largest'] },
        { op: 'OneHot', inputs: ['largest', 'depth', 'values'], outputs: ['hot'] },
        { op: 'ReduceMax', inputs: ['hot'], outputs: ['on'] },
        { op: 'Reshape', inputs: ['on', 'one'], outputs: ['flat'] },
        { op: 'Conv', inputs: ['put', 'w'], outputs: ['m'] },
        { op: 'Sum', inputs: ['m', 'most', 'more', 'flat'], outputs: ['s'] },
        { op: 'Sigmoid', inputs: ['s'], outputs: ['y'] },
      ],
      weights: [
        { name: 'w', dims: [1, 3, 1, 1], raw: floats(1, 2, -1) },
        { name: 'u', dims: [1], raw: floats(0.5) },
        { ...sizes('at', 0, 1, 2, 3), dims: [1, 4] },
        { ...sizes('i', 0, 0, 0), dims: [1, 3, 1, 1] },
        { name: 'table', dims: [1, 2], raw: floats(1, 1) },
        { ...sizes('depth', 2), dims: [] },
        { name: 'values', dims: [2], raw: floats(0, 1) },
        sizes('one', 1),
      ],
      inputs: { x: [1, 3, 32, 32] },
      outputs: ['y'],
    });
    const cases = filesOf('../shared/cases/onnx', /^(?!onnx-).*\.onnx$/);
    return [
      mix,
      layer,
      places,
      ...filesOf('examples/node-custom-model/models', /\.onnx$/),
      ...cases.filter(({ length }) => length < 5000),
    ];
  },
  run: (bytes) => alphaOf(() => fromOnnx(bytes, matting)),
};

const tflite: Target = {
  name: 'tflite',
  async corpus() {
    await useNodeBackend({ device: 'wasm' });
    const file = writeTflite({
      tensors: [
        { name: 'x', shape: [1, 32, 32, 3] },
        { name: 'w', shape: [1, 1, 1, 3], raw: floats(1, 2, -1) },
        { name: 'm', shape: [1, 32, 32, 1] },
        { name: 'y', shape: [1, 32, 32, 1] },
      ],
      nodes: [
        { op: 'CONV_2D', inputs: [0, 1, -1], outputs: [2] },
        { op: 'LOGISTIC', inputs: [2], outputs: [3] },
      ],
      inputs: [0],
      outputs: [3],
    });
    return [file];
  },
  run: (bytes) => alphaOf(() => fromTflite(bytes, matting)),
};

/** Loads a model and asks it about a small picture. */
async function alphaOf(load: () => MattingModel): Promise<void> {
  tf.engine().startScope();
  let model: MattingModel | undefined;
  try {
    model = load();
    const image = tf.fill([1, 32, 32, 3], 0.5) as tf.Tensor4D;
    await model.alpha({ image }).data();
  } finally {
    model?.dispose();
    tf.engine().endScope();
  }
}

const description: Target = {
  name: 'description',
  async corpus() {
    const role = {
      kind: 'matting',
      input: { name: 'x', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], size: { multipleOf: 32 } },
      output: { name: 'y', activation: 'sigmoid' },
      trimap: { encoding: 'levels' },
      constants: { ratio: 0.5 },
    };
    return [text(role), text({ format: 'onnx', roles: { matting: role } })];
  },
  async run(bytes) {
    const json = jsonOf(bytes);
    if (json === undefined) return;
    const { value } = json;
    if (typeof value === 'object' && value !== null && 'roles' in value) readFacts(value, 'fuzz');
    else readDescription(value, 'onnx', 'fuzz');
  },
};

const graphModel: Target = {
  name: 'graph-model',
  corpus: async () =>
    filesOf('examples/node-custom-model/models/guided-filter-graph', /^model\.json$/),
  async run(bytes) {
    parseGraphModel(bytes);
  },
};

export const modelTargets = [onnx, tflite, description, graphModel];
