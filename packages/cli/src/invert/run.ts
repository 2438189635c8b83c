import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { AbortedError, readImage, useNodeBackend, writeImage } from '@latent-matte/backend-node';
import {
  loadLatents,
  openCheckpoint,
  openFileSource,
  saveLatents,
} from '@latent-matte/backend-node/checkpoints';
import {
  type Generator,
  generators,
  InvalidOptionError,
  type Inversion,
  type InversionStep,
  invertPortrait,
  type LatentEncoder,
} from '@latent-matte/backend-node/core';
import {
  createE4e,
  createStyleGAN2Generator,
  registerInstalledModels,
} from '@latent-matte/backend-node/models';
import { inversionOptions } from '@latent-matte/core/options';
import { assertWritable } from '@latent-matte/files/write-file-atomic';
import { convertWithProgress } from '../convert/run';
import { givenOptions } from '../flags/table-flags';
import { countProgress } from '../terminal/count-progress';
import { formatSeconds } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import type { InvertCommandOptions } from './grammar';

/** Without a terminal, one line at least this often. */
const LINE_SECONDS = 5;

/**
 * Runs `latent-matte invert`. Nothing is written when it is stopped.
 *
 * @throws LatentMatteError unreadable files, models that do not fit, unwritable output
 * @throws AbortedError the signal fired
 */
export async function invertCommand(
  photo: string,
  options: InvertCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (extname(options.out).toLowerCase() !== '.safetensors') {
    throw new InvalidOptionError(
      `${options.out} is no .safetensors file.`,
      'Use a name that ends in .safetensors.',
    );
  }
  // Before minutes of work, not after.
  for (const path of placesOf(options)) await assertWritable(path);
  await registerInstalledModels();
  const image = await readImage(photo, { onWarning: (warning) => terminal.note(warning) });
  if (options.start !== undefined && options.encoder !== undefined) {
    throw new InvalidOptionError(
      'The search begins either from latents or from an encoder.',
      'Give one of --start and --encoder.',
    );
  }
  const saved = options.start === undefined ? undefined : await loadLatents(options.start);
  const backend = await useNodeBackend({
    device: options.device,
    threads: options.threads ?? 'auto',
  });
  terminal.note(`device: ${backend.description}`);
  const isFile = !generators.names().includes(options.generator) && existsSync(options.generator);
  const owned = isFile ? await generatorFrom(options.generator, terminal, signal) : undefined;
  const progress = inversionProgress(terminal, basename(photo));
  let encoder: LatentEncoder | undefined;
  let found: Inversion;
  try {
    if (options.encoder !== undefined) {
      encoder = await encoderFrom(options.encoder, terminal, signal);
    }
    const start = encoder ?? saved?.latents;
    found = await invertPortrait(image, {
      ...givenOptions(inversionOptions, options, ['steps']),
      generator: owned ?? options.generator,
      ...(start !== undefined && { start }),
      signal,
      onProgress: progress.onProgress,
    });
  } finally {
    progress.stop();
    encoder?.dispose();
    owned?.dispose();
  }
  const { psnr, settings, seconds, warnings } = found;
  for (const warning of warnings) terminal.note(warning);
  await saveLatents(options.out, found.code, settings.generator, {
    photo: basename(photo),
    psnr: String(psnr),
    settings: JSON.stringify(settings),
  });
  if (options.portrait !== undefined) await writeImage(options.portrait, found.portrait);
  if (options.json) {
    const { history, steps: done } = found;
    terminal.out(
      JSON.stringify(
        { photo, out: options.out, psnr, steps: done, seconds, settings, warnings, history },
        null,
        2,
      ),
    );
    return;
  }
  terminal.out(
    [
      `${photo} → ${options.out}`,
      `  PSNR       ${psnr.toFixed(1)} dB in ${found.steps} steps, ${formatSeconds(seconds)}`,
      ...stageLines(found.history),
      ...(options.portrait === undefined ? [] : [`  portrait   ${options.portrait}`]),
    ].join('\n'),
  );
}

/** What is written. @throws InvalidOptionError a portrait that is no picture file */
function placesOf({ out, portrait }: InvertCommandOptions): string[] {
  if (portrait === undefined) return [out];
  if (/\.(?:png|jpe?g|webp)$/i.test(portrait)) return [out, portrait];
  throw new InvalidOptionError(
    `Cannot tell the image format of ${portrait}.`,
    'Use a name that ends in .png, .jpg or .webp.',
  );
}

/** PSNR at the end of each stage: what W+ alone reached, and what noise added. */
function stageLines(history: readonly InversionStep[]): string[] {
  return history.flatMap((step, i) => {
    const next = history[i + 1];
    return next !== undefined && next.stage !== step.stage
      ? [`  ${step.stage.padEnd(10)} up to ${next.psnr.toFixed(1)} dB`]
      : [];
  });
}

/** A StyleGAN2 generator of a checkpoint file. */
async function generatorFrom(
  path: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Generator> {
  const { bytes } = await convertWithProgress(path, {}, terminal, signal);
  return createStyleGAN2Generator(await openCheckpoint(bytes), { name: basename(path) });
}

/** An e4e encoder of a checkpoint file, whose generator is not read. */
async function encoderFrom(
  path: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<LatentEncoder> {
  const progress = countProgress(terminal, path);
  const source = await openFileSource(path);
  try {
    const checkpoint = await openCheckpoint(source, {
      select: (name) => /^(state_dict\/)?encoder\.|^latent_avg$/.test(name),
      onProgress(count) {
        if (signal.aborted) throw new AbortedError('Stopped.');
        progress.update(count);
      },
    });
    return createE4e(checkpoint);
  } finally {
    progress.stop();
    await source.close();
  }
}

function inversionProgress(
  terminal: Terminal,
  label: string,
): { onProgress(step: InversionStep): void; stop(): void } {
  const bar = countProgress(terminal, label);
  let last = Number.NEGATIVE_INFINITY;
  return {
    onProgress({ step, steps, stage, psnr, elapsedSeconds, remainingSeconds }) {
      bar.update({ loaded: step, total: Math.max(1, steps) });
      const due = elapsedSeconds - last >= LINE_SECONDS || step === 0 || step === steps;
      if (terminal.bar !== undefined || !due) return;
      last = elapsedSeconds;
      terminal.note(
        `${label}: ${step}/${steps} ${stage} ${psnr.toFixed(1)} dB · ETA ${formatSeconds(remainingSeconds)}`,
      );
    },
    stop: () => bar.stop(),
  };
}
