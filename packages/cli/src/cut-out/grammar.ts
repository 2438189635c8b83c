import type { ForegroundMethod } from '@latent-matte/backend-node/core';
import { type Command, Option } from 'commander';
import { addAdvancedFlag, RESEARCH } from '../flags/advanced-help';
import { addDeviceFlag, addThreadsFlag, type DeviceFlag, type ThreadsFlag } from '../flags/device';
import { positiveInteger } from '../flags/parse';
import { addDescribeOption } from '../model-choice/model-choice-options';

export interface CutOutCommandOptions extends DeviceFlag, ThreadsFlag {
  /** Default: beside each photo. `-`: standard output. */
  readonly out?: string;
  /** A matte that is there already: no model is asked. */
  readonly alpha?: string;
  /** Default `portrait-matte`. */
  readonly model?: string;
  readonly trimap?: string;
  readonly prior?: string;
  readonly describe?: readonly string[];
  /** A hex colour, or the path of a picture. */
  readonly background?: string;
  readonly onlyMask?: true;
  /** Default true. */
  readonly refine?: boolean;
  readonly secondLook?: boolean;
  readonly edgeLook?: boolean;
  readonly turnedLooks?: boolean;
  readonly method: ForegroundMethod;
  /** Default 1: on the thread of the command. */
  readonly workers?: number;
  readonly watch?: true;
  readonly json?: true;
  readonly quiet?: true;
}

export interface CutOutActions {
  cutOut(photos: string[], options: CutOutCommandOptions): Promise<void>;
}

/** `latent-matte cut-out`. */
export function addCutOutCommand(program: Command, actions: CutOutActions): void {
  const command = program
    .command('cut-out')
    .description('cut people out of photos: RGBA with the colours of the person, no halo')
    .argument(
      '<photo...>',
      'JPEG, PNG, WebP, AVIF or TIFF files up to 50 megapixels, folders of them, patterns, or - for standard input',
    )
    .option(
      '-o, --out <place>',
      'a .png, .webp or .jpg file, a pattern with {name}, a folder, or - for standard output (default: NAME-cut-out.png beside the photo)',
    )
    .option('-m, --model <name>', 'matting model, or its file (default: portrait-matte)')
    .option('--background <colour|file>', 'lay the person on a hex colour (#fff) or on a picture')
    .option('--only-mask', 'write the matte instead: black and white')
    .option(
      '--workers <count>',
      'photos at the same time, each on a thread (default: 1)',
      positiveInteger,
    )
    .option('--watch', 'go on: cut out photos as they appear or change in the folders named');
  addAdvancedFlag(command)
    .optionsGroup('The matte:')
    .option('-a, --alpha <file>', 'take this matte, of the size of the photo, and ask no model')
    .option('--prior <name>', 'network whose opinion the model hears, as mediapipe-selfie')
    .option(
      '--no-refine',
      'leave the edge as the network drew it: not fitted to the colours of the photo',
    )
    .option(
      '--no-second-look',
      'look at the photo once: not again, closer, where the person fills little of it',
    )
    .option('--no-edge-look', 'do not look at the edges once more by themselves')
    .option(
      '--no-turned-looks',
      'do not look at the photo on its sides and on its head where nobody is surely found',
    )
    .addOption(
      new Option(
        '--trimap <name>',
        'trimap model, for a matting model that needs a trimap',
      ).helpGroup(RESEARCH),
    )
    .addOption(
      new Option('--method <name>', 'how the colours under soft edges are estimated')
        .choices(['multi-level', 'closed-form', 'blur-fusion'])
        .default('multi-level')
        .helpGroup(RESEARCH),
    );
  addDescribeOption(command);
  addThreadsFlag(addDeviceFlag(command))
    .option(
      '--json',
      'print what was made as JSON: an array, one entry per photo; with --watch one line per photo',
    )
    .option('--quiet', 'print errors alone')
    .addHelpText(
      'after',
      `
Examples:
  $ latent-matte cut-out photo.jpg
  $ latent-matte cut-out holiday/ more/*.jpg --out people --workers 4
  $ latent-matte cut-out photo.jpg -o person.jpg --background '#fff'
  $ latent-matte cut-out photo.jpg -o 'masks/{name}.png' --only-mask
  $ cat photo.jpg | latent-matte cut-out - > person.png
  $ latent-matte cut-out inbox --out people --watch
  $ latent-matte cut-out photo.jpg --alpha results/photo/alpha.png -o person.png

Exit codes: 0 all done, 1 an error or a photo that failed, 130 stopped with Ctrl-C.`,
    )
    .action(actions.cutOut);
}
