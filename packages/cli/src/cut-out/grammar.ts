import type { ForegroundMethod } from '@latent-matte/backend-node';
import { type Command, Option } from 'commander';

export interface CutOutCommandOptions {
  readonly alpha: string;
  readonly out: string;
  readonly method: ForegroundMethod;
}

export interface CutOutActions {
  cutOut(photo: string, options: CutOutCommandOptions): Promise<void>;
}

/** `latent-matte cut-out`. */
export function addCutOutCommand(program: Command, actions: CutOutActions): void {
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
