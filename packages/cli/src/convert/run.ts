import { resolve } from 'node:path';
import { AbortedError } from '@latent-matte/backend-node';
import { InvalidOptionError } from '@latent-matte/backend-node/core';
import { sha256Of } from '@latent-matte/files/sha256-of';
import { assertWritable, writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { countProgress } from '../terminal/count-progress';
import type { Terminal } from '../terminal/terminal';
import { type Converted, convertCheckpoint } from './convert-checkpoint';
import type { ConvertCommandOptions } from './grammar';

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
  // Before a checkpoint of gigabytes is read.
  await assertWritable(output);
  const converted = await convertWithProgress(input, options, terminal, signal);
  await writeFileAtomic(output, converted.bytes);
  const { bytes, ...facts } = converted;
  const sha256 = sha256Of(bytes);
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
  const { format, network, prefix, tensors, parameters, bytes, beyondFloat16 } = converted;
  return [
    `  read as    ${format}${network === undefined ? '' : `, ${network}`}`,
    ...(prefix === '' ? [] : [`  taken from ${prefix}`]),
    `  tensors    ${tensors}, ${parameters.toLocaleString('en')} values, ${(bytes.length / 1e6).toFixed(1)} MB`,
    ...(beyondFloat16.length === 0
      ? []
      : [
          `  float32    ${beyondFloat16.length} of them have values float16 cannot hold and were kept: ${beyondFloat16.slice(0, 3).join(', ')}${beyondFloat16.length > 3 ? ' …' : ''}`,
        ]),
  ];
}
