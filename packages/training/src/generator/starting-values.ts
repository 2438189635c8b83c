import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSafetensors, toFloat32 } from '@latent-matte/core/checkpoints';
import { rearranged, type Values } from './synthesis';

export interface StartingValues {
  readonly generator: Values;
  readonly encoder: Values;
  readonly discriminator: Values;
}

export const zeros = (shapes: Readonly<Record<string, readonly number[]>>): Values =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      new Float32Array(shape.reduce((a, b) => a * b, 1)),
    ]),
  );

/** The weights of the package, in the layout of the training. What they lack, the discriminator, is fresh. */
export async function shippedValues(
  folder: string,
  fresh: StartingValues,
): Promise<StartingValues> {
  const read = async (file: string) =>
    parseSafetensors(new Uint8Array(await readFile(join(folder, file)))).tensors;
  const fill = async (file: string, values: Values, canonical: boolean) => {
    const tensors = await read(file);
    return Object.fromEntries(
      Object.entries(values).map(([name, start]) => {
        const tensor = tensors.get(name);
        if (tensor === undefined) return [name, start];
        const data = toFloat32(tensor, name);
        return [name, canonical ? rearranged(name, tensor.shape, data, 'train') : data];
      }),
    );
  };
  const generator = await fill('compact-generator.safetensors', fresh.generator, true);
  for (const name of Object.keys(generator)) {
    if (name.endsWith('noise.weight')) generator[name] = fresh.generator[name];
  }
  return {
    generator,
    encoder: await fill('compact-encoder.safetensors', fresh.encoder, false),
    discriminator: fresh.discriminator,
  };
}
