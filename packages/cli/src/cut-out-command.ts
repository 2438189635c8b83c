import { extname } from 'node:path';
import {
  cutOut,
  type ForegroundMethod,
  InvalidOptionError,
  readImage,
  readMap,
  writeImage,
} from '@latent-matte/backend-node';
import { type Command, Option } from 'commander';
import type { Terminal } from './terminal';

export interface CutOutCommandOptions {
  readonly alpha: string;
  readonly out: string;
  readonly method: ForegroundMethod;
}

/** Formats with transparency. */
const TRANSPARENT = ['.png', '.webp'];
/** Without a terminal, one line at least this often. */
const LINE_MILLISECONDS = 5000;

/** `latent-matte cut-out`. */
export function addCutOutCommand(
  program: Command,
  actions: { cutOut(photo: string, options: CutOutCommandOptions): Promise<void> },
): void {
  program
    .command('cut-out')
    .description('cut a photo out with a matte: RGBA with the colours of the person, no halo')
    .argument('<photo>', 'JPEG, PNG, WebP, AVIF or TIFF file, up to 50 megapixels')
    .requiredOption('-a, --alpha <file>', 'the matte, of the size of the photo: 8 or 16 bits')
    .requiredOption('-o, --out <file>', 'a .png (16 bits if the photo has them) or .webp file')
    .addOption(
      new Option('--method <name>', 'how the colours under soft edges are estimated')
        .choices(['multi-level', 'closed-form', 'blur-fusion'])
        .default('multi-level'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ latent-matte cut-out photo.jpg --alpha results/photo/alpha.png -o person.png
  $ latent-matte cut-out photo.jpg --alpha matte.png -o person.webp --method closed-form`,
    )
    .action(actions.cutOut);
}

/**
 * Runs `latent-matte cut-out`. Nothing is written unless all of it is.
 *
 * @throws InvalidOptionError the output cannot be transparent
 * @throws LatentMatteError unreadable files, sizes that differ, unwritable output
 * @throws AbortedError the signal fired
 */
export async function cutOutCommand(
  photo: string,
  { alpha, out, method }: CutOutCommandOptions,
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
  const result = await cutOut(image, matte, {
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
  terminal.out(`${photo} → ${out}`);
}
