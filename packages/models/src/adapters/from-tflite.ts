import { WeightFormatError } from '@latent-matte/core';
import { type BytesLike, plainBytes } from '@latent-matte/core/internal';
import * as tf from '@tensorflow/tfjs-core';
import { type AdaptedModel, adapt } from './adapt';
import { checkDescription } from './check-description';
import type { AdapterDescription } from './description';
import { checkReached, fixedSize, inputName, outputName } from './graph-ends';
import type { CompiledGraph } from './onnx/compile-graph';
import { ofTensor, planar } from './onnx/value';
import { compileTflite } from './tflite/compile';
import { readTflite, type TfliteModel } from './tflite/read-tflite';

/** Files above this are refused before anything is read. */
const MOST_BYTES = 2 ** 30;

export interface FromTfliteOptions {
  /**
   * Channels of zeros after those of the picture: what a network for videos takes for the mask of the frame before,
   * such as MediaPipe's hair segmenter (1). Default 0.
   */
  readonly emptyChannels?: number;
}

/**
 * Makes a matting or trimap model of a TFLite file, run and differentiated by operations of tfjs on whatever device is
 * in use: no interpreter. Weights in float16 or int8 become float32, denormal ones zero.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { cutOut } from '@latent-matte/core';
 * import { fromTflite } from '@latent-matte/models';
 *
 * const model = fromTflite(await readFile('segmenter.tflite'), {
 *   kind: 'matting',
 *   name: 'segmenter',
 *   input: { range: [-1, 1] },
 *   output: { channel: 1, activation: 'softmax' },
 * });
 * const person = await cutOut(photo, { model });
 * ```
 *
 * @param bytes the file; not kept
 * @param description layouts are `'NHWC'` unless it says otherwise. A size that the file fixes is taken from the file when the description has
 *   none. `input.name` defaults to the only input; `output.name` to the first output, and may be any tensor of the
 *   graph: the one before a last softmax gives exact logits.
 * @throws WeightFormatError damaged, hostile or too large; a model that computes in integers; operators that are not
 *   supported (all of them are named, with a node), a cycle
 * @throws WeightsError a weight that is not finite
 * @throws InvalidOptionError a name that the graph does not have, or an input without a value
 * @throws ModelOutputError the output does not depend on the picture
 */
export function fromTflite<D extends AdapterDescription>(
  bytes: BytesLike,
  description: D,
  { emptyChannels = 0 }: FromTfliteOptions = {},
): AdaptedModel<D> {
  checkDescription(description);
  if (bytes.byteLength > MOST_BYTES) {
    throw new WeightFormatError(
      `The TFLite file has ${bytes.byteLength} bytes; ${MOST_BYTES} is the limit.`,
      'Use a smaller model.',
    );
  }
  const model = readTflite(plainBytes(bytes));
  const trimap = description.kind === 'matting' ? description.trimap : undefined;
  const image = inputName(model, description.input?.name, trimap?.as === 'input' ? 2 : 1);
  const coded =
    trimap?.as === 'input'
      ? (trimap.name ?? model.inputs.find(({ name }) => name !== image)?.name)
      : undefined;
  if (coded !== undefined) inputName(model, coded, 2);
  const output = anyTensor(model, description.output?.name);
  const layout = description.input?.layout ?? 'NHWC';
  const graph = compileTflite(model, output);
  try {
    checkReached(graph, [image, coded], description);
    return adapt(
      {
        run: ({ image: picture, trimap: levels }) =>
          eachPicture(graph, [
            [image, withEmpty(picture, emptyChannels, layout === 'NHWC' ? 3 : 1)],
            ...(coded !== undefined && levels !== undefined ? [[coded, levels] as const] : []),
          ]),
        pure: true,
        dispose: graph.dispose,
      },
      {
        ...description,
        input: {
          ...description.input,
          layout,
          size: description.input?.size ?? fixedSize(model, image, layout),
        },
      } as D,
    );
  } catch (error) {
    graph.dispose();
    throw error;
  }
}

/** An output, or a tensor inside: a name is enough, since every tensor has its own. */
function anyTensor(model: TfliteModel, wanted: string | number | undefined): string {
  if (typeof wanted === 'string' && model.shapes.has(wanted)) return wanted;
  return outputName(model, wanted);
}

/** The sizes in a file are those of one picture: a batch goes through it one by one. */
function eachPicture(
  graph: CompiledGraph,
  inputs: readonly (readonly [name: string, tensor: tf.Tensor4D])[],
): tf.Tensor {
  const batch = inputs[0][1].shape[0];
  const answers = Array.from({ length: batch }, (_, i) => {
    const one = (map: tf.Tensor4D) =>
      batch === 1 ? map : tf.slice(map, [i, 0, 0, 0], [1, ...map.shape.slice(1)]);
    return planar(graph.run(new Map(inputs.map(([name, map]) => [name, ofTensor(one(map))]))));
  });
  return batch === 1 ? answers[0] : tf.concat(answers, 0);
}

function withEmpty(picture: tf.Tensor4D, channels: number, axis: 1 | 3): tf.Tensor4D {
  if (channels === 0) return picture;
  const around = picture.shape.map((_, i): [number, number] => [0, i === axis ? channels : 0]);
  return tf.pad(picture, around);
}
