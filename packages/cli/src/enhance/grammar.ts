import type { Command } from 'commander';
import { addBackgroundOptions } from '../flags/backgrounds';
import { addDeviceFlag, addThreadsFlag, type DeviceFlag, type ThreadsFlag } from '../flags/device';
import { positiveInteger } from '../flags/parse';
import {
  addConsultFlag,
  addReferenceFlag,
  addSearchFlags,
  type EnhanceFlags,
  searchWords,
} from '../flags/search-flags';
import { addDescribeOption } from '../model-choice/model-choice-options';

/** At most this many are drawn from a folder of backgrounds: they are kept in memory. */
export const ENHANCE_BACKGROUNDS = 32;

export interface EnhanceCommandOptions
  extends Omit<EnhanceFlags, 'model'>,
    DeviceFlag,
    ThreadsFlag {
  /** Names; several: for all of them at once. */
  readonly model?: readonly string[];
  readonly out: string;
  /** Default: one per core on processors, no more than photos. */
  readonly workers?: number;
  readonly json?: true;
}

export interface EnhanceActions {
  enhance(photos: string[], options: EnhanceCommandOptions): Promise<void>;
}

/** `latent-matte enhance`. */
export function addEnhanceCommand(program: Command, actions: EnhanceActions): void {
  const command = program
    .command('enhance')
    .description('enhance photos; writes a folder with results and a report for each')
    .argument('<photo...>', 'JPEG, PNG, WebP, AVIF or TIFF files')
    .requiredOption('-o, --out <folder>', 'where the result folders go, one per photo');
  addSearchFlags(command, {
    model: {
      ...searchWords.model,
      doc: 'matting model to enhance for; several: for all of them at once',
      repeatable: true,
    },
  });
  addConsultFlag(command);
  addReferenceFlag(command);
  addDescribeOption(command);
  addBackgroundOptions(command, ENHANCE_BACKGROUNDS);
  addThreadsFlag(addDeviceFlag(command))
    .option(
      '--workers <count>',
      'photos at the same time, each on a thread (default: one per core, 1 on a GPU)',
      positiveInteger,
    )
    .option('--json', 'print the results as JSON (an array, one entry per photo)')
    .addHelpText(
      'after',
      `
In OUT/NAME/: portrait.png alpha.png foreground.png (cut-out with transparency) alpha-before.png
trimap-before.png trimap-after.png perturbation.png result.json report.html (open it in a browser).

Examples:
  $ latent-matte enhance photo.jpg --out results
  $ latent-matte enhance *.jpg -o results --steps 20 --device wasm
  $ latent-matte enhance photo.jpg -o results -m portrait-matting -m mediapipe-selfie
  $ latent-matte enhance photo.jpg -o results --preset paper --background beach.jpg --background wood.jpg

Exit codes: 0 all done, 1 an error, 130 stopped with Ctrl-C (nothing half-written is left behind).`,
    )
    .action(actions.enhance);
}
