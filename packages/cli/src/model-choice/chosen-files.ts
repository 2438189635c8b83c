import { readModelFile, registerModelFile } from '@latent-matte/backend-node/models';
import type { DescribedModelFile } from './describe-model-file';

/** A model file that a command was given by its path. */
export interface ChosenFile {
  /** The path as it was given, which is its name in results. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly facts: DescribedModelFile;
}

const chosen: ChosenFile[] = [];

/** Makes a model file available by its path, here and in the workers that are started after this. */
export async function registerChosenFile(file: ChosenFile): Promise<void> {
  const { contents } = await readModelFile(file.path);
  registerModelFile(file.name, { ...file.facts, contents });
  chosen.push(file);
}

/** The module that worker threads load first: models that were added, and files that this command was given. */
export function workerSetup(): URL {
  // Bundled, this code is `dist/index.js`.
  const url = new URL('./worker-setup.js', import.meta.url);
  for (const file of chosen) url.searchParams.append('model', JSON.stringify(file));
  return url;
}

/** The files in the address of {@link workerSetup}. */
export const filesOfSetup = (address: string): ChosenFile[] =>
  new URL(address).searchParams.getAll('model').map((file) => JSON.parse(file) as ChosenFile);
