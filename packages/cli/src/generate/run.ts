import { useNodeBackend } from '@latent-matte/backend-node';
import { InvalidOptionError, OutputError } from '@latent-matte/backend-node/core';
import {
  type ConcreteDevice,
  resolveGeneration,
  usualWorkers,
} from '@latent-matte/backend-node/internal';
import { generateOptions } from '@latent-matte/core/options';
import {
  createPairMaker,
  fillOutput,
  GenerationOutput,
  indexRange,
  type NamedPairOptions,
  type OutputSummary,
  type PairMaker,
  PairQueue,
  pairOptionsOf,
  type RunBackgrounds,
  type RunSettings,
  readBackgrounds,
  runSettings,
} from '@latent-matte/pairs';
import { backgroundPaths } from '../flags/backgrounds';
import { givenOptions } from '../flags/table-flags';
import { workerSetup } from '../model-choice/chosen-files';
import { leaveCoresToWorkers } from '../picture-workers/picture-workers';
import { formatSeconds } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import { enqueueAndWait } from './enqueue-and-wait';
import { GENERATE_BACKGROUNDS, type GenerateCommandOptions } from './grammar';
import { createGenerationProgress } from './progress';

/**
 * `latent-matte generate`: makes the pairs that OUT lacks, here or through a queue.
 *
 * @throws LatentMatteError options, models, backend, output, queue
 * @throws AbortedError the signal fired; the manifest then lists what was done
 */
export async function generateCommand(
  options: GenerateCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (options.queue === undefined) assertNoQueueFlags(options);
  else if (options.workers !== undefined) {
    throw new InvalidOptionError(
      '--workers is for this machine alone.',
      'With --queue, start `latent-matte worker --concurrency`.',
    );
  }
  if (options.queue === undefined) leaveCoresToWorkers(options.count, options.workers);
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const device = backend.chosenDevice;
  const paths = await backgroundPaths(options, GENERATE_BACKGROUNDS);
  const backgrounds = await readBackgrounds(paths);
  const settings = await settingsOf(options, device, backgrounds, terminal);
  const { count, start = 0 } = options;
  const indices = indexRange(start, count);
  // What is wrong with the models or with Redis shows before anything is written.
  const source = await sourceOf(options, settings, device, backgrounds);
  try {
    const output = await GenerationOutput.open(options.out, settings);
    const began = performance.now();
    try {
      if (source instanceof PairQueue) {
        const outcome = await enqueueAndWait(source, output, indices, options, terminal, signal);
        if (outcome === 'detached') return;
      } else await makeHere(output, indices, source, terminal, signal);
      await assertComplete(output, indices, source instanceof PairQueue);
      await output.store.tidy(true);
      const summary = await output.writeManifest();
      report(output, summary, options, (performance.now() - began) / 1000, terminal);
    } catch (error) {
      // What was done is listed; where even that fails, the first error says why.
      const listed = output.writeManifest().then(
        ({ pairs }) => `${pairs} pairs are complete; the same command goes on.`,
        (second: Error) => `no manifest: ${second.message}`,
      );
      terminal.note(await listed);
      throw error;
    } finally {
      output.close();
    }
  } finally {
    await source.close();
  }
}

/**
 * A queue without work is no proof of pairs: Redis may have lost its data, or somebody removed what was written.
 *
 * @throws OutputError naming the pairs that are missing
 */
async function assertComplete(
  output: GenerationOutput,
  indices: readonly number[],
  isQueue: boolean,
): Promise<void> {
  const missing = await output.missingOf(indices);
  if (missing.length === 0) return;
  const named = `${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}`;
  const lost = isQueue ? 'the queue lost their jobs, or their files' : 'their files';
  throw new OutputError(
    `${missing.length} of ${indices.length} pairs are missing (${named}): ${lost} were removed while they were made.`,
    'The same command makes them; --resume may be added to it.',
  );
}

/** What makes the pairs: the workers of a queue, or this process. */
async function sourceOf(
  options: GenerateCommandOptions,
  settings: RunSettings,
  device: ConcreteDevice,
  backgrounds: RunBackgrounds,
): Promise<PairQueue | PairMaker> {
  const { queue: url, name } = options;
  if (url === undefined) return await makerOf(options, settings, device, backgrounds);
  return await PairQueue.open({ url, ...(name !== undefined && { name }) });
}

async function makeHere(
  output: GenerationOutput,
  indices: readonly number[],
  maker: PairMaker,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  await output.store.tidy(false);
  const progress = createGenerationProgress(terminal);
  try {
    await fillOutput(output, indices, maker, { signal, onProgress: progress.update });
  } finally {
    progress.stop();
  }
}

function assertNoQueueFlags({ range, detach, name }: GenerateCommandOptions): void {
  const given = Object.entries({ '--range': range, '--detach': detach, '--name': name })
    .filter(([, value]) => value !== undefined)
    .map(([flag]) => flag);
  if (given.length === 0) return;
  throw new InvalidOptionError(
    `${given.join(' and ')} without --queue.`,
    'Add --queue, or leave it out.',
  );
}

async function settingsOf(
  options: GenerateCommandOptions,
  device: ConcreteDevice,
  backgrounds: RunBackgrounds,
  terminal: Terminal,
): Promise<RunSettings> {
  const given = givenOptions(generateOptions, options, ['models']);
  const { count: _count, start: _start, keepEnhanced: _kept, ...pairs } = given;
  const { generator, limit, gate } = options;
  const named: NamedPairOptions = { ...pairs, generator, gate: gate && limit };
  for (const warning of resolveGeneration(named).warnings) terminal.note(warning);
  const output = {
    latents: options.latents,
    enhanced: options.keepEnhanced === true,
    rejected: options.keepRejected === true,
  };
  return await runSettings(named, device, output, backgrounds);
}

async function makerOf(
  { workers: asked, batch, count }: GenerateCommandOptions,
  settings: RunSettings,
  device: ConcreteDevice,
  backgrounds: RunBackgrounds,
) {
  const pairOptions = pairOptionsOf(settings, batch, backgrounds);
  const workers = asked ?? usualWorkers(device, Math.ceil(count / (batch ?? 1)));
  if (workers === 1) return await createPairMaker(pairOptions);
  return await createPairMaker(pairOptions, {
    device,
    workers,
    setup: workerSetup(),
  });
}

function report(
  output: GenerationOutput,
  { pairs, accepted, rejected, reasons }: OutputSummary,
  { json, count, start = 0 }: GenerateCommandOptions,
  seconds: number,
  terminal: Terminal,
): void {
  const out = output.store.description;
  if (json) {
    const { run, settings } = output;
    const document = { tool: 'latent-matte', out, run, start, count, pairs, accepted, rejected };
    terminal.out(JSON.stringify({ ...document, reasons, seconds, settings }, null, 2));
    return;
  }
  const why = Object.entries(reasons).map(([measure, times]) => `${measure} ${times}`);
  terminal.out(
    [
      `${out}: ${pairs} pairs, ${accepted} accepted, ${rejected} rejected; ${formatSeconds(seconds)}`,
      ...(why.length > 0 ? [`  rejected for ${why.join(', ')}`] : []),
    ].join('\n'),
  );
}
