import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import {
  AbortedError,
  createE4e,
  createStyleGAN2Generator,
  type Generator,
  generators,
  InvalidOptionError,
  type Inversion,
  type InversionMethod,
  type InversionPreset,
  type InversionStep,
  invertPortrait,
  type LatentEncoder,
  loadLatents,
  type NodeDevice,
  openCheckpoint,
  openFileSource,
  readImage,
  registerInstalledModels,
  saveLatents,
  useNodeBackend,
  writeImage,
} from '@latent-matte/backend-node';
import { type Command, Option } from 'commander';
import { convertWithProgress } from './convert-command';
import { countProgress } from './count-progress';
import { positiveInteger, wholeNumber } from './enhance-flags';
import { formatSeconds } from './progress';
import type { Terminal } from './terminal';

export interface InvertCommandOptions {
  readonly generator: string;
  readonly out: string;
  readonly portrait?: string;
  readonly perceptual?: string;
  readonly method: InversionMethod;
  readonly preset: InversionPreset;
  readonly space?: 'w' | 'w+';
  readonly steps?: number;
  readonly start?: string;
  readonly encoder?: string;
  readonly seed?: number;
  readonly device: NodeDevice;
  readonly json?: true;
}

/** Without a terminal, one line at least this often. */
const LINE_SECONDS = 5;

/** `latent-matte invert`. */
export function addInvertCommand(
  program: Command,
  actions: { invert(photo: string, options: InvertCommandOptions): Promise<void> },
): void {
  program
    .command('invert')
    .description(
      'find the latents with which a generator makes a photo; enhancing starts from them',
    )
    .argument('<photo>', 'JPEG, PNG, WebP, AVIF or TIFF file, cropped as the generator was trained')
    .requiredOption('--generator <name|file>', 'an installed generator, or a StyleGAN2 checkpoint')
    .requiredOption('-o, --out <file>', 'where the latents go, a .safetensors file')
    .option('--portrait <file>', 'also write the picture the generator makes')
    .option('--perceptual <name>', 'perceptual model (default: compact)')
    .addOption(
      new Option('--method <name>', 'W+ first, then noise; or the projector of NVlabs')
        .choices(['wplus-then-noise', 'projector'])
        .default('wplus-then-noise'),
    )
    .addOption(
      new Option('--preset <name>', 'fast: 300 large steps; paper: 3000 (projector: 1000)')
        .choices(['fast', 'paper'])
        .default('fast'),
    )
    .addOption(
      new Option('--space <name>', 'one code for all layers, or one each').choices(['w', 'w+']),
    )
    .option('--steps <count>', 'steps in all (default: by the preset)', positiveInteger)
    .option('--start <file>', 'latents to go on from')
    .option('--encoder <file>', 'start from the guess of an e4e checkpoint')
    .option('--seed <number>', 'seed of every random choice (default: 0)', wholeNumber)
    .addOption(
      new Option('--device <name>', 'what computes; "latent-matte doctor" tells what works here')
        .choices(['auto', 'cuda', 'webgpu', 'native', 'wasm', 'cpu'])
        .default('auto'),
    )
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
  await registerInstalledModels();
  const image = await readImage(photo, { onWarning: (warning) => terminal.note(warning) });
  if (options.start !== undefined && options.encoder !== undefined) {
    throw new InvalidOptionError(
      'The search begins either from latents or from an encoder.',
      'Give one of --start and --encoder.',
    );
  }
  const saved = options.start === undefined ? undefined : await loadLatents(options.start);
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const { method, preset, space, steps, seed, perceptual } = options;
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
      generator: owned ?? options.generator,
      method,
      preset,
      ...(space !== undefined && { space }),
      ...(steps !== undefined && { steps }),
      ...(seed !== undefined && { seed }),
      ...(perceptual !== undefined && { perceptual }),
      ...(start !== undefined && { start }),
      signal,
      onProgress: progress.onProgress,
    });
  } finally {
    progress.stop();
    encoder?.dispose();
    owned?.dispose();
  }
  const { psnr, settings, seconds } = found;
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
        { photo, out: options.out, psnr, steps: done, seconds, settings, history },
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
