import { inversionOptions, type OptionsOf } from '@latent-matte/core/options';
import type { Command } from 'commander';
import { addAdvancedFlag } from '../flags/advanced-help';
import { addDeviceFlag, addThreadsFlag, type DeviceFlag, type ThreadsFlag } from '../flags/device';
import { positiveInteger } from '../flags/parse';
import { addTableFlags } from '../flags/table-flags';

type TableFlags = Omit<
  OptionsOf<typeof inversionOptions>,
  'generator' | 'steps' | 'start' | 'signal' | 'onProgress'
>;

export interface InvertCommandOptions extends Readonly<TableFlags>, DeviceFlag, ThreadsFlag {
  readonly generator: string;
  readonly out: string;
  readonly portrait?: string;
  readonly steps?: number;
  readonly start?: string;
  readonly encoder?: string;
  readonly json?: true;
}

export interface InvertActions {
  invert(photo: string, options: InvertCommandOptions): Promise<void>;
}

/** `latent-matte invert`. */
export function addInvertCommand(program: Command, actions: InvertActions): void {
  const command = program
    .command('invert')
    .description(
      'find the latents with which a generator makes a photo; enhancing starts from them',
    )
    .argument('<photo>', 'JPEG, PNG, WebP, AVIF or TIFF file, cropped as the generator was trained')
    .requiredOption('-o, --out <file>', 'where the latents go, a .safetensors file')
    .option('--portrait <file>', 'also write the picture the generator makes');
  addTableFlags(command, inversionOptions, {
    first: ['generator', 'method', 'preset', 'steps', 'start', 'seed'],
    words: {
      generator: {
        required: true,
        unit: 'name|file',
        doc: 'an installed generator, or a StyleGAN2 checkpoint',
      },
      method: { doc: 'W+ first, then noise; or the projector of NVlabs' },
      preset: { doc: 'fast: 300 large steps; paper: 3000 (projector: 1000)' },
      steps: { unit: 'count', doc: 'steps in all', parse: positiveInteger },
      start: { unit: 'file', doc: 'latents to go on from', parse: (path) => path },
      weights: { long: 'weight', doc: 'weight of a loss, 0 = off' },
      seed: { unit: 'number' },
      // Nothing takes checkpoints here: that is `reproduce`.
      checkpointEvery: false,
    },
  });
  command.option('--encoder <file>', 'start from the guess of an e4e checkpoint');
  addThreadsFlag(addDeviceFlag(addAdvancedFlag(command)))
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Every step runs the whole generator forward and backward: a StyleGAN2 of 256² is work for a fast processor, one of
1024² for a GPU, and the time left is shown. Noise reproduces any picture, W+ only what the generator knows: judge the
inversion by --portrait, not by its PSNR alone.

Examples:
  $ latent-matte invert face.png --generator ffhq -o face.latents.safetensors --portrait face-inverted.png
  $ latent-matte invert face.png --generator ffhq.pkl -o w.safetensors --method projector --preset paper
  $ latent-matte invert face.png --generator ffhq -o more.safetensors --start face.latents.safetensors`,
    )
    .action(actions.invert);
}
