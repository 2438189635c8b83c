import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  parseSafetensors,
  serializeSafetensors,
  type TensorSource,
  toFloat32,
} from '@latent-matte/core/checkpoints';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';

/** Values of a checkpoint by `kind/parameter` or `kind/network/parameter`; kinds: value, average, first, second. */
export type SavedParameters = ReadonlyMap<string, Float32Array>;

/** What a training goes on from. */
export interface Checkpoint {
  readonly saved: SavedParameters;
  /** Steps done. */
  readonly step: number;
}

/** Writes the whole state of a training; a training that is killed meanwhile keeps the one before. */
export async function writeCheckpoint(
  file: string,
  entries: readonly (readonly [string, TensorSource])[],
  step: number,
): Promise<void> {
  await writeFileAtomic(file, serializeSafetensors(entries, { step: String(step) }));
}

/** Reads what {@link writeCheckpoint} wrote; `undefined` where there is none yet. */
export async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = parseSafetensors(new Uint8Array(await readFile(file)));
  return {
    saved: new Map([...tensors].map(([name, tensor]) => [name, toFloat32(tensor, name)])),
    step: Number(metadata.get('step')),
  };
}

/** The moving averages of parameters: the weights to ship. @throws Error the checkpoint lacks one */
export async function readAverage(
  file: string,
  names: readonly string[],
): Promise<Record<string, Float32Array>> {
  const saved = (await readCheckpoint(file))?.saved;
  return Object.fromEntries(
    names.map((name) => {
      const data = saved?.get(`average/${name}`);
      if (data === undefined) throw new Error(`${file} has no average/${name}`);
      return [name, data];
    }),
  );
}
