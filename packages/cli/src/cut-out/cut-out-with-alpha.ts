import { extname } from 'node:path';
import { readImage, readMap, writeImage } from '@latent-matte/backend-node';
import { cutOutWithMatte, InvalidOptionError } from '@latent-matte/backend-node/core';
import type { Terminal } from '../terminal/terminal';
import type { CutOutCommandOptions } from './grammar';

/** Formats with transparency. */
const TRANSPARENT = ['.png', '.webp'];
/** Without a terminal, one line at least this often. */
const LINE_MILLISECONDS = 5000;

/**
 * Cuts one photo out with a matte that is there already. Nothing is written unless all of it is.
 *
 * @throws InvalidOptionError the output cannot be transparent
 * @throws LatentMatteError unreadable files, sizes that differ, unwritable output
 * @throws AbortedError the signal fired
 */
export async function cutOutWithAlpha(
  photo: string,
  alpha: string,
  out: string,
  { method, quiet }: Pick<CutOutCommandOptions, 'method' | 'quiet'>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (!TRANSPARENT.includes(extname(out).toLowerCase())) {
    throw new InvalidOptionError(
      `${out} cannot be transparent.`,
      `Use a name that ends in ${TRANSPARENT.join(' or ')}.`,
    );
  }
  const image = await readImage(photo, { onWarning: (warning) => terminal.note(warning) });
  const matte = await readMap(alpha);
  let next = performance.now() + LINE_MILLISECONDS;
  const result = await cutOutWithMatte(image, matte, {
    method,
    signal,
    onProgress(done) {
      if (performance.now() < next) return;
      next = performance.now() + LINE_MILLISECONDS;
      terminal.note(`${photo}: ${Math.round(done * 100)} %`);
    },
  });
  const depth = image.data instanceof Uint16Array ? 16 : 8;
  await writeImage(out, result, { depth });
  if (!quiet) terminal.out(`${photo} → ${out}`);
}
