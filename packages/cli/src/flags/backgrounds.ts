import { searchOptions } from '@latent-matte/core/options';
import { type Command, Option } from 'commander';
import { drawBackgrounds } from '../data/coco';
import { collect } from './parse';

const BACKGROUNDS = 'Pictures to compose with:';

/** Pictures to compose with: single files, a folder, or both. */
export interface BackgroundFlags {
  readonly background: readonly string[];
  readonly backgrounds?: string;
}

/** Adds the options of {@link BackgroundFlags}. @param count at most so many are drawn from the folder */
export function addBackgroundOptions(command: Command, count: number): Command {
  return command
    .addOption(
      new Option('--background <file>', 'a picture to compose with, repeatable')
        .argParser(collect)
        .default([], searchOptions.backgrounds.otherwise)
        .helpGroup(BACKGROUNDS),
    )
    .addOption(
      new Option(
        '--backgrounds <folder>',
        `compose with up to ${count} pictures of this folder (MS COCO, or any pictures)`,
      ).helpGroup(BACKGROUNDS),
    );
}

/**
 * Paths of the backgrounds, the files first.
 *
 * @param seed of the draw from the folder
 * @throws DatasetError the folder holds none
 */
export async function backgroundPaths(
  { background, backgrounds }: BackgroundFlags,
  count: number,
  seed = 0,
): Promise<string[]> {
  const drawn = backgrounds === undefined ? [] : await drawBackgrounds(backgrounds, count, seed);
  return [...background, ...drawn];
}
