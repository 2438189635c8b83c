import { InvalidOptionError } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { type AdaptedModel, type AdaptedNetwork, adapt } from './adapt';
import type { AdapterDescription } from './description';
import { quoted } from './quoted';

/** A `LayersModel` of `@tensorflow/tfjs-layers`, loaded or built by the user. */
export interface LoadedLayersModel {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: readonly {
    readonly name: string;
    readonly shape?: readonly (number | null)[];
  }[];
  readonly outputs: readonly { readonly name: string }[];
  readonly layers: readonly unknown[];
  /** Given by every model; what `trainable: false` on a layer leaves out is not trained. */
  readonly trainableWeights?: readonly unknown[];
  readonly weights?: readonly unknown[];
  apply(inputs: tf.Tensor | tf.Tensor[], kwargs?: { training?: boolean }): unknown;
}

/** A variable of tfjs-layers; the tensor is protected there. */
interface LayerVariable {
  readonly name: string;
  readonly val: tf.Variable;
}

/** What is needed of a convolution layer; its fields are protected in tfjs. */
interface ConvolutionLayer {
  readonly name: string;
  getClassName(): string;
  call: (inputs: tf.Tensor | tf.Tensor[], kwargs: unknown) => tf.Tensor | tf.Tensor[];
  readonly layers?: readonly unknown[];
  readonly kernel?: { read(): tf.Tensor4D };
  /** In place of a kernel. */
  readonly depthwiseKernel: { read(): tf.Tensor4D };
  readonly bias?: { read(): tf.Tensor1D } | null;
  readonly useBias: boolean;
  readonly strides: [number, number];
  readonly padding: 'same' | 'valid';
  readonly dilationRate: [number, number];
  readonly dataFormat: string;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
}

/**
 * Makes a matting or trimap model of a Keras model. Its convolutions run unfused during a call: the fused ones
 * compute the gradient of frozen weights, and refuse it where they are dilated. Dilated depthwise convolutions, which
 * tfjs-layers computes without their dilation, have it.
 *
 * A matting model made of it can be fine-tuned: its variables are those of the Keras model, which so changes with it
 * and is saved with `model.save()`. In `'batch'` mode its layers run with `training: true`, dropout included.
 *
 * ```ts
 * import { fromLayersModel } from '@latent-matte/models';
 * import { loadLayersModel } from '@tensorflow/tfjs-layers';
 *
 * const layers = await loadLayersModel('https://example.com/network/model.json');
 * const matting = fromLayersModel(layers, { kind: 'matting', name: 'mine' });
 * ```
 *
 * @param model from `loadLayersModel`; it stays the user's, and is not disposed with the result
 * @param description `input.name`, `trimap.name` and `output.name` are names of the model's inputs and outputs
 * @throws InvalidOptionError a name that the model does not have, or a dilated transposed convolution
 */
export function fromLayersModel<D extends AdapterDescription>(
  model: LoadedLayersModel,
  description: D,
): AdaptedModel<D> {
  if (!Array.isArray(model?.inputNames) || typeof model.apply !== 'function') {
    throw new InvalidOptionError(
      'This is not a layers model of @tensorflow/tfjs-layers.',
      'Pass what loadLayersModel returns.',
    );
  }
  const trimap = description.kind === 'matting' ? description.trimap : undefined;
  const separate = trimap?.as === 'input';
  const inputNames = namesOf(model.inputNames, model.inputs);
  const outputNames = namesOf(model.outputNames, model.outputs);
  const imageAt = placeOf(description.input?.name ?? 0, inputNames, 'input');
  const trimapAt = separate ? placeOf(trimap.name ?? 1 - imageAt, inputNames, 'input') : -1;
  const outputAt = placeOf(description.output?.name ?? 0, outputNames, 'output');
  if (inputNames.length !== (separate ? 2 : 1)) {
    throw new InvalidOptionError(
      `The model has the inputs ${quoted(inputNames)}; the description knows ${separate ? 'a picture and a trimap' : 'one'}.`,
      'Describe them, or wrap the model with fromFunction.',
    );
  }
  const convolutions = convolutionsOf(model.layers);
  return adapt(
    {
      run: ({ image, trimap: coded }, training) => {
        const inputs: tf.Tensor[] = [];
        inputs[imageAt] = image;
        if (trimapAt >= 0 && coded !== undefined) inputs[trimapAt] = coded;
        const answer = unfusedDuring(convolutions, () =>
          model.apply(inputs.length === 1 ? inputs[0] : inputs, { training }),
        );
        return (Array.isArray(answer) ? answer[outputAt] : answer) as tf.Tensor;
      },
      single: model.inputs[imageAt]?.shape?.[0] === 1,
      ...trainingOf(model),
    },
    description,
  );
}

/** Weights that training moves, and the rest: running statistics, and layers that the user froze. */
function trainingOf(model: LoadedLayersModel): Pick<AdaptedNetwork, 'variables' | 'state'> {
  const named = (list: readonly unknown[] = []) =>
    Object.fromEntries((list as readonly LayerVariable[]).map(({ name, val }) => [name, val]));
  if (model.weights === undefined || model.trainableWeights === undefined) return {};
  return {
    variables: () => named(model.trainableWeights),
    state: () => {
      const moved = new Set(model.trainableWeights);
      return named(model.weights?.filter((weight) => !moved.has(weight)));
    },
  };
}

/** A sequential model has no names before its first call. */
function namesOf(names: readonly string[], tensors: readonly { readonly name: string }[]) {
  return names.length > 0 ? names : tensors.map(({ name }) => name);
}

function placeOf(wanted: string | number, names: readonly string[], what: string): number {
  const place = typeof wanted === 'number' ? wanted : names.indexOf(wanted);
  if (place >= 0 && place < names.length) return place;
  throw new InvalidOptionError(
    `The model has no ${what} ${JSON.stringify(wanted)}.`,
    `It has ${quoted(names)}.`,
  );
}

/** Convolutions whose own call does not do, those of models inside the model as well. */
function convolutionsOf(layers: readonly unknown[]): ConvolutionLayer[] {
  return (layers as readonly ConvolutionLayer[]).flatMap((layer) => {
    if (Array.isArray(layer.layers)) return convolutionsOf(layer.layers);
    const kind = layer.getClassName();
    const dilated = [layer.dilationRate].flat().some((rate) => rate > 1);
    if (kind === 'Conv2DTranspose' && dilated) {
      throw new InvalidOptionError(
        `The layer "${layer.name}" is a transposed convolution with a dilation, which tfjs-layers leaves out.`,
        'Convert the model to a graph model, or to ONNX.',
      );
    }
    return kind === 'Conv2D' || (kind === 'DepthwiseConv2D' && dilated) ? [layer] : [];
  });
}

function unfusedDuring<T>(layers: readonly ConvolutionLayer[], run: () => T): T {
  for (const layer of layers) layer.call = (inputs) => unfusedConvolution(layer, inputs);
  try {
    return run();
  } finally {
    // The method of the class is found again.
    for (const layer of layers) Reflect.deleteProperty(layer, 'call');
  }
}

function unfusedConvolution(layer: ConvolutionLayer, inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  const given = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
  const planar = layer.dataFormat === 'channelsFirst';
  const x = planar ? tf.transpose(given, [0, 2, 3, 1]) : given;
  const y = convolved(layer, x as tf.Tensor4D);
  const moved = layer.useBias && layer.bias ? tf.add(y, layer.bias.read()) : y;
  const placed = planar ? tf.transpose(moved, [0, 3, 1, 2]) : moved;
  return layer.activation?.apply(placed) ?? placed;
}

/** tfjs-layers leaves the dilation of a depthwise convolution out, and says nothing. */
function convolved(layer: ConvolutionLayer, x: tf.Tensor4D): tf.Tensor4D {
  const { strides, padding, dilationRate, kernel, depthwiseKernel } = layer;
  return kernel === undefined
    ? tf.depthwiseConv2d(x, depthwiseKernel.read(), strides, padding, 'NHWC', dilationRate)
    : tf.conv2d(x, kernel.read(), strides, padding, 'NHWC', dilationRate);
}
