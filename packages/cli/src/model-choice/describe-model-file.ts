import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidOptionError } from '@latent-matte/backend-node/core';
import {
  catalogue,
  type FileEntry,
  guessDescription,
  type ModelFile,
  type ModelFileContents,
  type ModelFileRole,
  readDescription,
  rolesOf,
} from '@latent-matte/backend-node/models';
import { sha256Of } from '@latent-matte/files/sha256-of';
import type { Terminal } from '../terminal/terminal';

/** How a model file is run, under which name and licence. */
export type DescribedModelFile = Omit<ModelFile, 'contents'>;

/**
 * How a model file is run: as a description.json says; or as the catalogue knows, which tells files by their hash;
 * or as its shapes suggest, and then the guess is printed.
 *
 * @param describe path of a description.json
 * @param role what the command wants it for
 * @throws InvalidOptionError a wrong description, or nothing to guess from
 */
export async function describeModelFile(
  path: string,
  { format, contents }: ModelFileContents,
  describe: string | undefined,
  role: ModelFileRole | undefined,
  terminal: Terminal,
): Promise<DescribedModelFile> {
  const name = basename(path);
  if (describe !== undefined) {
    const described = readDescription(await readJson(describe), format, describe);
    return { name, license: 'unknown', ...described };
  }
  const known = knownFile(contents);
  if (known !== undefined) {
    const { id, license, roles, constants } = known;
    terminal.note(`${path} is "${id}" of the catalogue (${license})`);
    return { name: id, license, format, roles, ...(constants && { constants }) };
  }
  const [first] = contents.values();
  const { reasons, ...facts } = guessDescription(format, first!, role);
  const [guessed] = rolesOf(facts);
  terminal.note(
    [
      `${path} has no description. This is a guess:`,
      ...reasons.map((reason) => `  ${reason}`),
      JSON.stringify({ ...facts.roles[guessed!], constants: facts.constants }, null, 2),
      'Save it as description.json, mend what is wrong, and give it with --describe description.json.',
    ].join('\n'),
  );
  return { name, license: 'unknown', ...facts };
}

function knownFile(contents: ReadonlyMap<string, Uint8Array>): FileEntry | undefined {
  const hashes = [...contents.values()].map((content) => sha256Of(content));
  return catalogue.find(
    (entry): entry is FileEntry =>
      entry.weights === 'file' &&
      entry.files.length === hashes.length &&
      entry.files.every(({ sha256 }) => hashes.includes(sha256)),
  );
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new InvalidOptionError(
      `The description ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`,
      'Check the path.',
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidOptionError(`${path} is no JSON.`, 'Check its commas and quotes.');
  }
}
