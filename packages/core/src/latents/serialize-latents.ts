import { WeightFormatError } from '../errors';
import type { BytesLike } from '../weights/plain-bytes';
import { parseSafetensors, serializeSafetensors, type TensorSource } from '../weights/safetensors';
import { toFloat32, type WeightTensor } from '../weights/weight-tensor';
import type { LatentData, LatentValues } from './latent-data';

const FORMAT = 'latent-matte.latents';
const VERSION = '1';
const MAX_MAPS = 64;

/** Latents with what is known about them. */
export interface SavedLatents {
  readonly latents: LatentData;
  /** Name of the generator they belong to. */
  readonly generator: string;
  /** Further strings, for instance the PSNR of the inversion. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Latents as a safetensors file: `styles` and `noise.0`, `noise.1` … as float32. Equal latents give equal bytes.
 *
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { invertPortrait, serializeLatents } from '@latent-matte/backend-node/core';
 *
 * const { code, settings } = await invertPortrait('photo.jpg', { generator: 'compact-generator' });
 * await writeFile('latents.safetensors', serializeLatents(code, settings.generator));
 * ```
 *
 * @param metadata further strings to keep
 */
export function serializeLatents(
  latents: LatentData,
  generator: string,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const tensors: [string, TensorSource][] = [
    ['styles', { dtype: 'F32', ...latents.styles }],
    ...latents.noise.map((map, index): [string, TensorSource] => [
      `noise.${index}`,
      { dtype: 'F32', ...map },
    ]),
  ];
  return serializeSafetensors(tensors, {
    ...metadata,
    format: FORMAT,
    version: VERSION,
    generator,
  });
}

/**
 * Reads what {@link serializeLatents} wrote.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { enhancePortrait } from '@latent-matte/backend-node';
 * import { parseLatents } from '@latent-matte/backend-node/core';
 *
 * const { latents, generator } = parseLatents(await readFile('latents.safetensors'));
 * const { portrait } = await enhancePortrait('photo.jpg', { advanced: { generator, latents } });
 * ```
 *
 * @throws WeightFormatError damaged, of another kind or version, or with values that are not finite
 */
export function parseLatents(bytes: BytesLike): SavedLatents {
  const { tensors, metadata } = parseSafetensors(bytes);
  const other = 'Give a file written by saveLatents() or `latent-matte invert`.';
  if (metadata.get('format') !== FORMAT) {
    throw new WeightFormatError('This safetensors file holds no latents.', other);
  }
  if (metadata.get('version') !== VERSION) {
    throw new WeightFormatError(
      `These latents are of version ${metadata.get('version')}; this is version ${VERSION}.`,
      'Update latent-matte, or invert the portrait again.',
    );
  }
  const maps = tensors.size - 1;
  const read = (name: string, rank: number): LatentValues => {
    const tensor = tensors.get(name);
    if (tensor === undefined || tensor.shape.length !== rank || maps > MAX_MAPS) {
      throw new WeightFormatError(
        `The latents have no tensor "${name}" with ${rank} dimensions.`,
        other,
      );
    }
    return { shape: tensor.shape, data: finiteValues(name, tensor) };
  };
  const latents = {
    styles: read('styles', 2),
    noise: Array.from({ length: Math.max(0, maps) }, (_, index) => read(`noise.${index}`, 3)),
  };
  return { latents, generator: metadata.get('generator') ?? '', metadata };
}

function finiteValues(name: string, tensor: WeightTensor): Float32Array {
  const values = toFloat32(tensor, name);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  throw new WeightFormatError(
    `"${name}" of the latents is not finite: ${values[bad]} at index ${bad}.`,
    'Invert the portrait again.',
  );
}
