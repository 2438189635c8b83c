import { type Command, Option } from 'commander';
import { addDeviceFlag, type DeviceFlag } from '../flags/device';
import { positiveInteger } from '../flags/parse';

/** What the paper's authors ran: `--iter 501` makes 500 updates; inversion 5,000 + 3,000. */
export const OFFICIAL_STEPS = 500;
export const OFFICIAL_INVERSION_STEPS = 8000;

export interface ReproduceCommandOptions extends DeviceFlag {
  readonly checkpoints: string;
  readonly data: string;
  readonly out: string;
  readonly backgrounds?: string;
  readonly limit?: number;
  readonly steps?: number;
  readonly inversionSteps?: number;
  readonly seed: number;
  readonly estimate?: true;
  readonly json?: true;
}

export interface ReproduceActions {
  reproduce(options: ReproduceCommandOptions): Promise<void>;
}

/** `latent-matte reproduce`. */
export function addReproduceCommand(program: Command, actions: ReproduceActions): void {
  const command = program
    .command('reproduce')
    .description(
      'run the paper as its authors did, with their checkpoints: their networks, loop and protocol',
    )
    .requiredOption('--checkpoints <folder>', 'folder with their files, at any depth')
    .requiredOption(
      '-d, --data <folder>',
      'folder with image/ and matte/, and where you have them trimap/, foreground/, param/',
    )
    .requiredOption('-o, --out <folder>', 'where results go; a second run goes on with them')
    .option('--backgrounds <folder>', 'MS COCO train2014, or any pictures to compose with')
    .option('--limit <count>', 'only the first so many pictures, by name', positiveInteger)
    .option(
      '--steps <count>',
      `updates of the search (default: ${OFFICIAL_STEPS}); fewer shorten the inversion alike`,
      positiveInteger,
    )
    .option(
      '--inversion-steps <count>',
      `steps of the inversion, where there is no param/ (default: ${OFFICIAL_INVERSION_STEPS})`,
      positiveInteger,
    );
  addDeviceFlag(command)
    .addOption(
      new Option('--seed <number>', 'seed of backgrounds and first latents')
        .argParser(positiveInteger)
        .default(1),
    )
    .option('--estimate', 'only say what is there and how long it would take')
    .option('--json', 'print the table as JSON')
    .addHelpText(
      'after',
      `
Files looked for: stylegan2-ffhq-config-f.pt, deeplab_model_best.pth.tar, gca-dist-all-data.pth (the authors'),
vgg16-397923af.pth (torchvision), vgg.pth (LPIPS 0.1). They are converted once, into OUT/converted.
In OUT/NAME/: portrait.png alpha.png alpha-before.png trimap.png trimap-before.png side-by-side.png steps/ result.json.
In OUT: table.txt, table.json. docs/reproduce.md explains both.

Examples:
  $ latent-matte reproduce --checkpoints authors --data dataset/testing --out run --limit 1 --steps 5
  $ latent-matte reproduce --checkpoints authors --data dataset/testing --out run --backgrounds train2014`,
    )
    .action(actions.reproduce);
}
