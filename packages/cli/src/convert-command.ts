import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { AbortedError, InvalidOptionError } from '@latent-matte/backend-node';
import { writeFileAtomic } from '@latent-matte/backend-node/files';
import { type Command, Option } from 'commander';
import { type Converted, convertCheckpoint } from './convert-checkpoint';
import { countProgress } from './count-progress';
import type { Terminal } from './terminal';

export interface ConvertCommandOptions {
  readonly dtype?: 'f16' | 'f32';
  readonly key?: string;
  readonly raw?: true;
  readonly json?: true;
}

/** `latent-matte convert`. */
export function addConvertCommand(
  program: Command,
  actions: {
    convert(input: string, output: string, options: ConvertCommandOptions): Promise<void>;
  },
): void {
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

/** Options of {@link convertCheckpoint}. */
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

/**
 * Runs `latent-matte convert`. The output is written whole or not at all.
 *
 * @throws LatentMatteError unreadable input, unwritable output
 * @throws AbortedError the signal fired
 */
export async function convertCommand(
  input: string,
  output: string,
  options: ConvertCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (resolve(input) === resolve(output)) {
    throw new InvalidOptionError(
      'Input and output are the same file.',
      'Give another name for the output.',
    );
  }
  const converted = await convertWithProgress(input, options, terminal, signal);
  await writeFileAtomic(output, converted.bytes);
  const { bytes, ...facts } = converted;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (options.json) {
    terminal.out(JSON.stringify({ input, output, ...facts, size: bytes.length, sha256 }, null, 2));
    return;
  }
  terminal.out(
    [`${input} → ${output}`, ...describeConverted(converted), `  sha256     ${sha256}`].join('\n'),
  );
}

/** {@link convertCheckpoint} with a bar, and cancelled between tensors. */
export async function convertWithProgress(
  input: string,
  { dtype, key, raw }: ConvertCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Converted> {
  const progress = countProgress(terminal, input);
  try {
    return await convertCheckpoint(input, {
      ...(dtype !== undefined && { dtype }),
      ...(key !== undefined && { key }),
      ...(raw && { raw }),
      onProgress(count) {
        if (signal.aborted) throw new AbortedError('Stopped.');
        progress.update(count);
      },
    });
  } finally {
    progress.stop();
  }
}

export function describeConverted(converted: Converted): string[] {
  const { format, network, tensors, parameters, bytes, beyondFloat16 } = converted;
  return [
    `  read as    ${format}${network === undefined ? '' : `, ${network}`}`,
    `  tensors    ${tensors}, ${parameters.toLocaleString('en')} values, ${(bytes.length / 1e6).toFixed(1)} MB`,
    ...(beyondFloat16.length === 0
      ? []
      : [
          `  float32    ${beyondFloat16.length} of them have values float16 cannot hold and were kept: ${beyondFloat16.slice(0, 3).join(', ')}${beyondFloat16.length > 3 ? ' …' : ''}`,
        ]),
  ];
}
