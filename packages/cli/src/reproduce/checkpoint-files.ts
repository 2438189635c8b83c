import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidOptionError } from '@latent-matte/backend-node/core';

/** A network of the run. */
export type OfficialPart = 'generator' | 'discriminator' | 'trimap' | 'matting' | 'vgg16' | 'lpips';

/** A file that the authors' code reads. */
interface OfficialFile {
  readonly name: string;
  readonly from: string;
  /** Networks it holds, with the key under which they lie where one must be chosen. */
  readonly parts: readonly { readonly part: OfficialPart; readonly key?: string }[];
}

const README = 'https://github.com/cnnlstm/StyleGAN_Matting (the zip of its README)';

export const officialFiles: readonly OfficialFile[] = [
  {
    name: 'stylegan2-ffhq-config-f.pt',
    from: README,
    parts: [
      { part: 'generator', key: 'g_ema' },
      { part: 'discriminator', key: 'd' },
    ],
  },
  { name: 'deeplab_model_best.pth.tar', from: README, parts: [{ part: 'trimap' }] },
  { name: 'gca-dist-all-data.pth', from: README, parts: [{ part: 'matting' }] },
  {
    name: 'vgg16-397923af.pth',
    from: 'https://download.pytorch.org/models/vgg16-397923af.pth',
    parts: [{ part: 'vgg16' }],
  },
  {
    name: 'vgg.pth',
    from: 'lpips/weights/v0.1/ of their repository, or of richzhang/PerceptualSimilarity',
    parts: [{ part: 'lpips' }],
  },
];

export interface FoundFile extends OfficialFile {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

/** A repository with its data sets is no place to look through to its end. */
const MOST_ENTRIES = 100_000;
const DEEPEST = 8;

/**
 * The files of the authors under a folder, by name, the one that lies least deep where a name is there twice.
 *
 * @throws InvalidOptionError naming what is there and what is missing, with where it comes from
 */
export async function findCheckpoints(folder: string): Promise<FoundFile[]> {
  const wanted = new Map(officialFiles.map((file) => [file.name, file]));
  const found = new Map<string, FoundFile>();
  let level = [folder];
  let seen = 0;
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    const next: string[] = [];
    for (const directory of level) {
      for (const entry of await entriesOf(directory, depth === 0)) {
        if (++seen > MOST_ENTRIES) {
          throw new InvalidOptionError(
            `${folder} holds more than ${MOST_ENTRIES} files.`,
            'Give the folder of the checkpoints alone.',
          );
        }
        const path = join(directory, entry.name);
        if (entry.isDirectory()) next.push(path);
        const file = wanted.get(entry.name);
        if (file === undefined || found.has(entry.name)) continue;
        const facts = await stat(path);
        if (!facts.isFile()) continue;
        found.set(entry.name, { ...file, path, size: facts.size, modified: facts.mtimeMs });
      }
    }
    level = next;
  }
  const missing = officialFiles.filter(({ name }) => !found.has(name));
  if (missing.length > 0) {
    const there = [...found.keys()].join(', ');
    throw new InvalidOptionError(
      `${folder} lacks ${missing.map(({ name }) => name).join(', ')}; found: ${there || 'none of them'}.`,
      `Add ${missing.map(({ name, from }) => `${name} from ${from}`).join('; ')}.`,
    );
  }
  return officialFiles.map(({ name }) => found.get(name)!);
}

async function entriesOf(directory: string, first: boolean): Promise<Dirent[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new InvalidOptionError(
      first && code === 'ENOENT'
        ? `There is no folder ${directory}.`
        : `${directory} cannot be read (${code}).`,
      'Give a folder that holds the checkpoints, and that you may read.',
    );
  }
}
