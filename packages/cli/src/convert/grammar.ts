import { type Command, Option } from 'commander';

export interface ConvertCommandOptions {
  readonly dtype?: 'f16' | 'f32';
  readonly key?: string;
  readonly raw?: true;
  readonly json?: true;
}

export interface ConvertActions {
  convert(input: string, output: string, options: ConvertCommandOptions): Promise<void>;
}

/** `latent-matte convert`. */
export function addConvertCommand(program: Command, actions: ConvertActions): void {
  addConvertOptions(
    program
      .command('convert')
      .description(
        'convert a checkpoint to safetensors; needs no Python and runs no code of the file',
      )
      .argument(
        '<input>',
        'PyTorch .pt or .pth (zip or legacy), StyleGAN2-ADA .pkl, or safetensors',
      )
      .argument('<output>', 'the .safetensors file to write'),
  )
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
A StyleGAN2 checkpoint of rosinality or NVlabs is recognised: its moving average (g_ema) is taken, in one set of
names. Other checkpoints keep theirs, joined with / where they are nested.

Examples:
  $ latent-matte convert stylegan2-ffhq-config-f.pt ffhq.safetensors --dtype f16
  $ latent-matte convert ffhq.pkl discriminator.safetensors --key D
  $ latent-matte convert modnet.ckpt modnet.safetensors`,
    )
    .action(actions.convert);
}

/** Options of `convertCheckpoint`. */
export function addConvertOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--dtype <type>', 'store floats as f16 or f32 (default: as they are)').choices([
        'f16',
        'f32',
      ]),
    )
    .option('--key <name>', 'which network of a training checkpoint: g_ema, d, state_dict …')
    .option('--raw', 'keep the names of the file');
}
