import { InvalidOptionError, WeightFormatError } from '@latent-matte/core';
import {
  assertOptionsOf,
  type BytesLike,
  isBytesLike,
  plainBytes,
  said,
} from '@latent-matte/core/internal';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../count-of';
import { type AdaptedModel, adapt } from './adapt';
import { checkDescription } from './check-description';
import type { AdapterDescription } from './description';
import { checkReached, fixedSize, inputName, outputName } from './graph-ends';
import { compileOnnx } from './onnx/compile';
import type { ExternalData } from './onnx/decode-tensor';
import type { OnnxModel } from './onnx/onnx-model';
import { readOnnx } from './onnx/read-onnx';
import { channelsLast, ofMap, ofTensor, planar, shapeOf, type Value } from './onnx/value';
import { quoted } from './quoted';

/** Files above this, with the data beside them, are refused before anything is read. */
const MOST_BYTES = 2 ** 30;

export interface FromOnnxOptions {
  /**
   * Values of the other inputs, by name: a number fills the input, whose open sides become 1; or a tensor's shape
   * and values.
   */
  readonly constants?: Readonly<Record<string, number | OnnxConstant>>;
  /**
   * The bytes of the file beside it that holds the weights (`model.onnx.data`, what `torch.onnx.export` writes
   * today), or of several by the names that the model gives them. Default: the weights are in the file itself.
   */
  readonly external?: ExternalData;
}

export interface OnnxConstant {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/**
 * Makes a matting or trimap model of an ONNX file, run and differentiated by operations of tfjs on whatever device is
 * in use: no onnxruntime. Weights in float16 become float32, denormal ones zero.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { cutOut, registerMattingModel, useNodeBackend } from '@latent-matte/backend-node';
 * import { fromOnnx } from '@latent-matte/backend-node/models';
 *
 * await useNodeBackend();
 * const file = await readFile('modnet.onnx');
 * registerMattingModel('modnet', () =>
 *   fromOnnx(file, {
 *     kind: 'matting',
 *     name: 'modnet',
 *     license: 'Apache-2.0',
 *     differentiable: 'image',
 *     input: { range: [-1, 1] },
 *     output: { range: [0, 1] },
 *   }),
 * );
 * const person = await cutOut('photo.jpg', { model: 'modnet' });
 * ```
 *
 * @param bytes the file; not kept
 * @param description layouts are `'NCHW'` unless it says otherwise. A size that the file fixes is taken from the file
 *   when the description has none. `input.name` and `output.name` default to the only one, or the first.
 * @throws WeightFormatError damaged, too large, weights in another file, an operator set or operators that are not
 *   supported (all of them are named, with a node), a cycle
 * @throws WeightsError a weight that is not finite
 * @param options constants for inputs other than picture and trimap: `{ r1i: 0, downsample_ratio: 1 }` of Robust
 *   Video Matting
 * @throws InvalidOptionError a name that the graph does not have, or an input without a value
 * @throws ModelOutputError the output does not depend on the picture
 */
export function fromOnnx<D extends AdapterDescription>(
  bytes: BytesLike,
  description: D,
  options: FromOnnxOptions = {},
): AdaptedModel<D> {
  assertOptionsOf<FromOnnxOptions>('fromOnnx', options, {
    constants: { is: 'value', noun: 'values of other inputs by name' },
    external: { is: 'value', noun: 'the bytes of the files of weights' },
  });
  const { constants = {}, external } = options;
  checkDescription(description);
  const others =
    external === undefined || isBytesLike(external) ? [external] : Object.values(external);
  const size = others.reduce((sum, file) => sum + (file?.byteLength ?? 0), bytes?.byteLength ?? 0);
  if (size > MOST_BYTES) {
    throw new WeightFormatError(
      `The ONNX file${external ? ' with its data' : ''} has ${size} bytes; ${MOST_BYTES} is the limit.`,
      'Use a smaller model.',
    );
  }
  if (!isBytesLike(bytes)) {
    throw new WeightFormatError(
      `The ONNX file is ${said(bytes)}, not bytes.`,
      'Pass the content of the file, as readFile() or fetch() give it.',
    );
  }
  const model = withConstants(readOnnx(plainBytes(bytes), external), constants);
  const trimap = description.kind === 'matting' ? description.trimap : undefined;
  const image = inputName(model, description.input?.name, trimap?.as === 'input' ? 2 : 1);
  const coded =
    trimap?.as === 'input'
      ? (trimap.name ?? model.inputs.find(({ name }) => name !== image)?.name)
      : undefined;
  if (coded !== undefined) inputName(model, coded, 2);
  const output = outputName(model, description.output?.name);
  const layouts = {
    input: description.input?.layout ?? 'NCHW',
    output: description.output?.layout ?? description.input?.layout ?? 'NCHW',
  };
  const graph = compileOnnx(model, output);
  try {
    checkReached(graph, [image, coded], description);
    // The interpreter keeps maps in NHWC, so that nothing is transposed on the way in and out.
    const value = layouts.input === 'NCHW' ? ofMap : ofTensor;
    const sides = model.inputs.find(({ name }) => name === image)?.shape ?? [];
    // A squeeze that only one picture allows stands within an If, and loops go over pictures.
    const branches = model.nodes.some(({ op }) => op === 'If' || op === 'Loop');
    const single = branches || (sides.length === 4 && sides[0] === 1);
    const flat = sides.length === 3;
    return adapt(
      {
        run: ({ image: picture, trimap: levels }) => {
          const inputs = new Map([
            [image, flat ? withoutBatch(picture, layouts.input) : value(picture)],
          ]);
          if (coded !== undefined && levels !== undefined) inputs.set(coded, value(levels));
          return mapOf(graph.run(inputs), layouts.output);
        },
        single: single || flat,
        pure: true,
        dispose: graph.dispose,
      },
      {
        ...description,
        input: {
          ...description.input,
          layout: 'NHWC',
          size: description.input?.size ?? fixedSize(model, image, layouts.input),
        },
        output: { ...description.output, layout: 'NHWC' },
      } as D,
    );
  } catch (error) {
    graph.dispose();
    throw error;
  }
}

/** A picture for a file whose input has no batch. */
function withoutBatch(picture: tf.Tensor4D, layout: 'NCHW' | 'NHWC'): Value {
  const map = tf.squeeze(picture, [0]);
  return ofTensor(layout === 'NCHW' ? tf.transpose(map, [2, 0, 1]) : map);
}

/** The answer with its channels last, and a batch: `[H, W]` and `[C, H, W]` are one picture's. */
function mapOf(answer: Value, layout: 'NCHW' | 'NHWC'): tf.Tensor {
  const shape = shapeOf(answer);
  if (shape.length === 4) return layout === 'NCHW' ? channelsLast(answer) : planar(answer);
  const plain = planar(answer);
  if (shape.length === 2) return tf.expandDims(plain, 0);
  return plain;
}

/** The model with some of its inputs as weights. */
function withConstants(
  model: OnnxModel,
  given: NonNullable<FromOnnxOptions['constants']>,
): OnnxModel {
  const constants = new Map(model.constants);
  for (const [name, value] of Object.entries(given)) {
    const input = model.inputs.find((each) => each.name === name);
    if (input === undefined) {
      throw new InvalidOptionError(
        `The model has no input "${name}".`,
        `It has ${quoted(model.inputs.map((each) => each.name))}.`,
      );
    }
    const plain = typeof value === 'number';
    const shape = plain ? (input.shape ?? []).map((side) => side ?? 1) : value.shape;
    const count = countOf(shape);
    const data = plain ? Array.from({ length: count }, () => value) : value.data;
    if (data.length !== count || !data.every(Number.isFinite)) {
      throw new InvalidOptionError(
        `The constant "${name}" [${shape}] has ${data.length} values${data.length === count ? ', not all finite' : ''}.`,
        'Give as many finite numbers as its shape says.',
      );
    }
    constants.set(name, { name, shape, data, integer: false });
  }
  return {
    ...model,
    constants,
    inputs: model.inputs.filter(({ name }) => !Object.hasOwn(given, name)),
  };
}
