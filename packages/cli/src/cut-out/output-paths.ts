import { basename, dirname, extname, join } from 'node:path';
import { InvalidOptionError } from '@latent-matte/backend-node/core';

/** Standard input, or standard output. */
export const STANDARD = '-';

const formats = ['.png', '.webp', '.jpg', '.jpeg'];

/** Behind the name of the photo, for results beside it. */
const BESIDE = '-cut-out.png';

/** Whether a file is what this command writes beside photos. */
export const isResult = (path: string): boolean => path.endsWith(BESIDE);

/** `{name}` in a pattern: the photo's name without its ending. */
const NAME = '{name}';

/**
 * Where the result of each photo goes.
 *
 * @param out as `--out`; absent: `NAME-cut-out.png` beside the photo, or standard output for standard input
 * @throws InvalidOptionError one file for several results, or a format that cannot be written
 */
export function outputPaths(photos: readonly string[], out: string | undefined): string[] {
  const paths = photos.map((photo) => outputPath(photo, out));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) {
    throw new InvalidOptionError(
      `${photos.length} photos would be written to ${twice === STANDARD ? 'standard output' : twice}.`,
      `Give a folder, or a pattern as --out 'cut/${NAME}.png', and photos of different names.`,
    );
  }
  return paths;
}

function outputPath(photo: string, out: string | undefined): string {
  const name = photo === STANDARD ? 'photo' : basename(photo, extname(photo));
  if (out === STANDARD || (out === undefined && photo === STANDARD)) return STANDARD;
  if (out === undefined) return join(dirname(photo), `${name}${BESIDE}`);
  const ending = extname(out).toLowerCase();
  if (formats.includes(ending)) return out.replaceAll(NAME, () => name);
  if (out.includes(NAME) || /^\.(avif|bmp|gif|tiff?|jxl|heic)$/.test(ending)) {
    throw new InvalidOptionError(
      `${out} is no picture that can be written.`,
      `Use a name that ends in ${formats.join(', ')}.`,
    );
  }
  return join(out, `${name}.png`);
}
