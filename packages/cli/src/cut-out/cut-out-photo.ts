import { dirname } from 'node:path';
import type { NodeCutOutOptions, NodeMatte } from '@latent-matte/backend-node';
import { makeFolder } from '@latent-matte/files/make-folder';
import { isPhotoError } from '../terminal/photo-error';
import { reportError } from '../terminal/report-error';
import type { Terminal } from '../terminal/terminal';
import type { CutOutWorkers } from './cut-out-workers';
import type { CutOutCommandOptions } from './grammar';
import { STANDARD } from './output-paths';
import { readStandardInput } from './read-standard-input';

/** A cut-out or a matte, as far as this command needs it. */
type Made = Pick<NodeMatte, 'confidence' | 'warnings' | 'write' | 'toBuffer'>;

/** One entry of `--json`. */
export interface PhotoResult {
  readonly photo: string;
  readonly file?: string;
  readonly confidence?: number;
  readonly warnings?: readonly string[];
  readonly seconds?: number;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly remedy?: string | undefined;
  };
}

/**
 * Cuts one photo out, writes it, and says so. A photo that fails is a result too.
 *
 * @param options.many errors name their photo
 * @throws LatentMatteError what concerns every photo: options, models, backend, output
 */
export async function cutOutPhoto(
  photo: string,
  place: string,
  workers: Pick<CutOutWorkers, 'cutOut' | 'matte'>,
  options: CutOutCommandOptions & { readonly many: boolean },
  settings: NodeCutOutOptions,
  terminal: Terminal,
  input: AsyncIterable<Uint8Array>,
): Promise<PhotoResult> {
  const began = performance.now();
  try {
    const source = photo === STANDARD ? await readStandardInput(input) : photo;
    const made: Made = await (options.onlyMask
      ? workers.matte(source, settings)
      : workers.cutOut(source, settings));
    await save(made, place, terminal);
    const seconds = (performance.now() - began) / 1000;
    const { confidence, warnings } = made;
    if (!options.quiet) {
      for (const warning of warnings) terminal.note(`${photo}: ${warning}`);
      if (!options.json && place !== STANDARD) {
        const figures = `${seconds.toFixed(1)} s, confidence ${confidence.toFixed(2)}`;
        terminal.out(`${photo} → ${place} (${figures})`);
      }
    }
    return { photo, file: place, confidence, warnings, seconds };
  } catch (error) {
    if (!isPhotoError(error)) throw error;
    if (options.many) terminal.note(`${photo}:`);
    reportError(error, terminal, false);
    const { code, message, remedy } = error;
    return { photo, error: { code, message, remedy } };
  }
}

async function save(made: Made, place: string, terminal: Terminal): Promise<void> {
  if (place === STANDARD) {
    terminal.bytes(await made.toBuffer('png'));
    return;
  }
  await makeFolder(dirname(place));
  await made.write(place);
}
