import { InvalidOptionError, ModelOutputError } from '@latent-matte/core';
import type { AdapterDescription, NetworkInput } from './description';
import { LARGEST_SIDE } from './description';
import type { CompiledGraph } from './onnx/compile-graph';
import type { OnnxModel } from './onnx/onnx-model';
import { quoted } from './quoted';

/**
 * The input that takes the picture.
 *
 * @param most inputs that the model may have when none is named
 * @throws InvalidOptionError there is none of that name, or several to choose from
 */
export function inputName(model: OnnxModel, wanted: string | undefined, most: number): string {
  const names = model.inputs.map(({ name }) => name);
  const name = wanted ?? (names.length <= most ? names[0] : undefined);
  if (name !== undefined && names.includes(name)) return name;
  throw new InvalidOptionError(
    wanted === undefined
      ? `The model has ${names.length} inputs.`
      : `The model has no input "${wanted}".`,
    `Name the picture in input.name: it has ${quoted(names)}.`,
  );
}

/**
 * @param wanted its name, or its place in the list; default the first
 * @throws InvalidOptionError there is none
 */
export function outputName({ outputs }: OnnxModel, wanted: string | number | undefined): string {
  const name = typeof wanted === 'string' ? wanted : outputs[wanted ?? 0];
  if (name !== undefined && outputs.includes(name)) return name;
  throw new InvalidOptionError(
    `The model has no output ${JSON.stringify(wanted ?? 0)}.`,
    `It has ${quoted(outputs)}.`,
  );
}

/**
 * What the output depends on is given: the picture, the trimap, and nothing else.
 *
 * @throws ModelOutputError the picture is not among it, though its gradient is wanted
 * @throws InvalidOptionError an input without a value
 */
export function checkReached(
  { reached, follows }: Pick<CompiledGraph, 'reached' | 'follows'>,
  [image, coded]: readonly (string | undefined)[],
  { name, differentiable }: AdapterDescription,
): void {
  if (image !== undefined && !reached.has(image) && differentiable !== 'none') {
    throw new ModelOutputError(
      `The output of "${name}" does not depend on the input "${image}".`,
      'Name another output or input: the gradient would be zero everywhere.',
    );
  }
  if (image !== undefined && !follows(image) && differentiable !== 'none') {
    throw new ModelOutputError(
      `The output of "${name}" follows the input "${image}" in jumps alone (ArgMax, a comparison, a cast to integers): no gradient passes.`,
      "Name an output before that, or say differentiable: 'none'.",
    );
  }
  const open = [...reached].filter((input) => input !== image && input !== coded);
  if (open.length > 0) {
    throw new InvalidOptionError(
      `The model needs a value for ${quoted(open)}.`,
      'Give it in constants, or export the model with one picture, and a trimap if need be, as its inputs.',
    );
  }
}

/**
 * The size that the file prescribes.
 *
 * @throws InvalidOptionError it is larger than any network's
 */
export function fixedSize(
  { inputs }: OnnxModel,
  image: string,
  layout: 'NHWC' | 'NCHW',
): NetworkInput['size'] {
  const shape = inputs.find(({ name }) => name === image)?.shape ?? [];
  // From the end: an input of rank 3 has no batch.
  const [height, width] = layout === 'NCHW' ? shape.slice(-2) : shape.slice(-3, -1);
  if (!height || !width) return undefined;
  if (Math.max(height, width) > LARGEST_SIDE) {
    throw new InvalidOptionError(
      `The input "${image}" asks for pictures of ${width}×${height} pixels.`,
      `Export the model for sides up to ${LARGEST_SIDE}, or give input.size.`,
    );
  }
  return { fixed: [height, width] };
}
