import { InvalidOptionError } from '@latent-matte/core';
import {
  type AdaptedModel,
  type AdapterDescription,
  type FromOnnxOptions,
  fromOnnx,
} from '@latent-matte/models';
import { readModelFile } from './model-file-contents';

/**
 * `fromOnnx` of a path: reads the file, and those in its folder that it names as the place of its weights
 * (`model.onnx.data`, which `torch.onnx.export` writes today).
 *
 * @param path of the .onnx file
 * @param description layouts, sizes and values, as for `fromOnnx`
 * @throws InvalidOptionError no .onnx file, above 1 GiB with its data, or data outside the folder of the model
 * @throws WeightsError a file that is not there, or cannot be read
 * @throws WeightFormatError see `fromOnnx`
 * @example
 * ```js
 * const model = await fromOnnxFile('nets/matte.onnx', { kind: 'matting', name: 'matte' });
 * ```
 */
export async function fromOnnxFile<D extends AdapterDescription>(
  path: string,
  description: D,
  options: Omit<FromOnnxOptions, 'external'> = {},
): Promise<AdaptedModel<D>> {
  const { format, contents } = await readModelFile(path);
  if (format !== 'onnx') {
    throw new InvalidOptionError(`${path} is no .onnx file.`, 'Give the path of one.');
  }
  const [[, bytes], ...others] = [...contents] as [[string, Uint8Array]];
  return fromOnnx(bytes, description, { ...options, external: Object.fromEntries(others) });
}
