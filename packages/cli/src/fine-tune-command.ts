import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import {
  AbortedError,
  addInstalledModel,
  type FineTuneOptions,
  type FineTuneStep,
  type FineTuning,
  fineTune,
  InvalidOptionError,
  listInstalledModels,
  loadModel,
  type MatteErrors,
  type MattingLossWeights,
  type MattingModel,
  type MetricName,
  makeFolder,
  measureModel,
  type NodeDevice,
  type NormalizationMode,
  openCheckpoint,
  openFileSource,
  type PairSet,
  readImage,
  registerInstalledModels,
  serializeMattingModel,
  useNodeBackend,
  writeFileAtomic,
} from '@latent-matte/backend-node';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { countProgress } from './count-progress';
import { collect, nonNegative, positiveInteger, wholeNumber } from './enhance-flags';
import { drawBackgrounds } from './evaluate/data/coco';
import { openPairs } from './fine-tune-pairs';
import { formatSeconds } from './progress';
import type { Terminal } from './terminal';

export interface FineTuneCommandOptions {
  readonly model: string;
  readonly weights?: string;
  readonly pairs?: string;
  readonly real?: string;
  readonly backgrounds?: string;
  readonly validation?: string;
  readonly test: readonly string[];
  readonly out: string;
  readonly id?: string;
  readonly steps?: number;
  readonly batch?: number;
  readonly crop?: number;
  readonly ratio?: number;
  readonly composite?: number;
  readonly optimizer?: 'adam' | 'adamw';
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly warmUp?: number;
  readonly clip?: number;
  readonly loss: Partial<MattingLossWeights>;
  readonly normalization?: NormalizationMode;
  readonly validateEvery?: number;
  readonly patience?: number;
  readonly select?: MetricName;
  readonly checkpointEvery?: number;
  readonly seed?: number;
  readonly resume?: true;
  readonly device: NodeDevice;
  readonly json?: true;
}

/** At most this many backgrounds are kept in memory. */
const BACKGROUNDS = 256;
/** Without a terminal, one line at least this often. */
const LINE_SECONDS = 5;

const terms = ['alpha', 'compositional', 'gradient', 'boundary'] as const;

/** `latent-matte fine-tune`. */
export function addFineTuneCommand(
  program: Command,
  actions: { fineTune(options: FineTuneCommandOptions): Promise<void> },
): void {
  program
    .command('fine-tune')
    .description('train a matting model on generated portraits, mixed with real ones')
    .requiredOption(
      '-m, --model <name>',
      'compact-matting, or a model you added whose network is modnet or indexnet',
    )
    .option('--weights <file>', 'begin with these weights; --model is then the network')
    .option('--pairs <folder>', 'generated pairs: image/ alpha/ [trimap/], or shards of them')
    .option('--real <folder>', 'pairs with real mattes, mixed in')
    .option('--backgrounds <folder>', 'pictures to compose with (default: smooth random ones)')
    .option('--validation <folder>', 'pairs to choose the best weights with')
    .option(
      '--test <folder>',
      'pairs to measure before and after, and for nothing else; repeatable',
      collect,
      [],
    )
    .requiredOption('-o, --out <file>', 'where the weights go, a .safetensors file')
    .option('--id <name>', 'also keep the model under this id, for --reference and loadModel()')
    .option('--steps <count>', 'updates (default: 1000)', positiveInteger)
    .option('--batch <count>', 'examples per update (default: 4)', positiveInteger)
    .option(
      '--crop <pixels>',
      'side of the examples (default: 320; without trimap 512)',
      positiveInteger,
    )
    .option('--ratio <share>', 'share of examples from --pairs (default: 0.5)', nonNegative)
    .option(
      '--composite <share>',
      'share laid over another background (default: 0.75)',
      nonNegative,
    )
    .addOption(new Option('--optimizer <name>', 'default: adam').choices(['adam', 'adamw']))
    .option('--learning-rate <number>', 'largest step size (default: 1e-5)', nonNegative)
    .option('--weight-decay <number>', 'default: 0, adamw 0.01', nonNegative)
    .option('--warm-up <count>', 'updates over which the step size rises', wholeNumber)
    .option('--clip <norm>', 'largest norm of the gradient, 0 = any (default: 1)', nonNegative)
    .option(
      '--loss <term=value>',
      `weight of a term of the loss, repeatable: ${terms.join(', ')}`,
      lossWeight,
      {},
    )
    .addOption(
      new Option(
        '--normalization <mode>',
        'batch normalisation by each batch, or frozen (default: as the network was trained)',
      ).choices(['batch', 'frozen']),
    )
    .option(
      '--validate-every <count>',
      'updates between validations (default: 100)',
      positiveInteger,
    )
    .option(
      '--patience <count>',
      'stop after so many validations without a new best (default: 10)',
      positiveInteger,
    )
    .addOption(
      new Option('--select <error>', 'the error that decides (default: sad)').choices([
        'sad',
        'mse',
        'grad',
        'conn',
      ]),
    )
    .option(
      '--checkpoint-every <count>',
      'updates between checkpoints (default: 100)',
      positiveInteger,
    )
    .option('--seed <number>', 'seed of every random choice (default: 0)', wholeNumber)
    .option('--resume', 'go on from OUT.checkpoint.safetensors')
    .addOption(
      new Option('--device <name>', 'what computes; "latent-matte doctor" tells what works here')
        .choices(['auto', 'cuda', 'webgpu', 'native', 'wasm', 'cpu'])
        .default('auto'),
    )
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
The file that comes out holds the weights that did best on --validation: those of the start if nothing was better. With
--id NAME it is also kept among your models: latent-matte enhance photo.jpg --reference NAME.
After Ctrl-C or a crash the same command with --resume goes on, and ends with the same bytes.

Examples:
  $ latent-matte fine-tune -m compact-matting --pairs generated --real train --validation held-out -o tuned.safetensors
  $ latent-matte fine-tune -m modnet --weights modnet.ckpt --pairs generated --validation held-out -o modnet.safetensors`,
    )
    .action(actions.fineTune);
}

function lossWeight(
  text: string,
  earlier: Partial<MattingLossWeights>,
): Partial<MattingLossWeights> {
  const [name, value] = text.split('=');
  const term = terms.find((known) => known === name);
  if (term === undefined || value === undefined) {
    throw new InvalidArgumentError(`Give TERM=NUMBER with one of ${terms.join(', ')}.`);
  }
  return { ...earlier, [term]: nonNegative(value) };
}

/** One set of pairs before and after. */
interface Measured {
  readonly folder: string;
  readonly pictures: number;
  readonly before: MatteErrors;
  readonly after: MatteErrors;
}

/**
 * Runs `latent-matte fine-tune`. The output appears when everything is done; until then there is a checkpoint beside it.
 *
 * @throws LatentMatteError options, models, pairs, output, a loss that broke
 * @throws AbortedError the signal fired; the checkpoint is up to date
 */
export async function fineTuneCommand(
  options: FineTuneCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { out } = options;
  if (extname(out).toLowerCase() !== '.safetensors') {
    throw new InvalidOptionError(
      `${out} is no .safetensors file.`,
      'Use a name that ends in .safetensors.',
    );
  }
  const checkpoint = `${out.slice(0, -'.safetensors'.length)}.checkpoint.safetensors`;
  await assertFree(options.id);
  const resume = await readResumed(checkpoint, options.resume === true);
  const data = await openData(options);
  const tests: { folder: string; pairs: PairSet }[] = [];
  for (const folder of options.test) tests.push({ folder, pairs: await openPairs(folder) });
  // Before the work, not after.
  await makeFolder(dirname(resolve(out)));
  await registerInstalledModels();
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const model = await loadTrainable(options);
  const progress = trainingProgress(terminal, options.model);
  try {
    const before: MatteErrors[] = [];
    for (const { pairs } of tests) before.push(await measureModel(model, pairs, { signal }));
    const result = await fineTune(model, {
      ...settingsOf(options),
      ...data,
      ...(resume && { resume }),
      signal,
      onProgress: progress.onProgress,
      onCheckpoint: (bytes) => writeFileAtomic(checkpoint, bytes),
    });
    const measured: Measured[] = [];
    for (const [i, { folder, pairs }] of tests.entries()) {
      const after = await measureModel(model, pairs, { signal });
      measured.push({ folder, pictures: pairs.length, before: before[i]!, after });
    }
    progress.stop();
    const bytes = await serializeMattingModel(model, {
      license: model.license,
      'fine-tuned': JSON.stringify({ steps: result.steps, bestStep: result.bestStep }),
    });
    await writeFileAtomic(out, bytes);
    await rm(checkpoint, { force: true });
    if (options.id !== undefined) {
      const { name: network, license } = model;
      await addInstalledModel({ id: options.id, network, license }, bytes);
    }
    report(result, measured, data, options, terminal);
  } catch (error) {
    if (AbortedError.isInstance(error) && existsSync(checkpoint)) {
      terminal.note(`Go on with the same command and --resume (${checkpoint}).`);
    }
    throw error;
  } finally {
    progress.stop();
    model.dispose();
  }
}

/** @throws InvalidOptionError before the work instead of after it */
async function assertFree(id: string | undefined): Promise<void> {
  if (!(await listInstalledModels()).some((model) => model.id === id)) return;
  throw new InvalidOptionError(
    `There is a model "${id}" already.`,
    `Choose another id, or run \`latent-matte models remove ${id}\` first.`,
  );
}

async function readResumed(path: string, resume: boolean): Promise<Uint8Array | undefined> {
  const exists = existsSync(path);
  if (resume && !exists) {
    throw new InvalidOptionError(`There is no checkpoint ${path}.`, 'Leave out --resume.');
  }
  if (!resume && exists) {
    throw new InvalidOptionError(
      `There is a checkpoint of an earlier run, ${path}.`,
      'Go on from it with --resume, or remove it.',
    );
  }
  return resume ? new Uint8Array(await readFile(path)) : undefined;
}

type Data = Pick<FineTuneOptions, 'pairs' | 'real' | 'backgrounds'> & { validation?: PairSet };

async function openData(options: FineTuneCommandOptions): Promise<Data> {
  const { pairs, real, backgrounds, validation, seed = 0 } = options;
  const scenes =
    backgrounds === undefined
      ? undefined
      : await Promise.all(
          (await drawBackgrounds(backgrounds, BACKGROUNDS, seed)).map((path) => readImage(path)),
        );
  return {
    ...(pairs !== undefined && { pairs: await openPairs(pairs) }),
    ...(real !== undefined && { real: await openPairs(real) }),
    ...(scenes && { backgrounds: scenes }),
    ...(validation !== undefined && { validation: await openPairs(validation) }),
  };
}

function settingsOf(options: FineTuneCommandOptions): FineTuneOptions {
  const { warmUp: warmUpSteps, clip: clipNorm, loss: losses } = options;
  const { steps, batch, crop, ratio, composite, optimizer, learningRate, weightDecay } = options;
  const { normalization, validateEvery, patience, select, checkpointEvery, seed } = options;
  const given = {
    ...{ steps, batch, crop, ratio, composite, optimizer, learningRate, weightDecay },
    ...{ normalization, validateEvery, patience, select, checkpointEvery, seed },
    ...{ warmUpSteps, clipNorm, losses },
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function loadTrainable({ model, weights }: FineTuneCommandOptions): Promise<MattingModel> {
  if (weights === undefined) return (await loadModel(model, { trainable: true })) as MattingModel;
  const source = await openFileSource(weights);
  try {
    const archive = await openCheckpoint(source);
    return (await loadModel(model, { trainable: true, weights: archive })) as MattingModel;
  } finally {
    await source.close();
  }
}

function report(
  result: FineTuning,
  tests: readonly Measured[],
  { validation }: Data,
  options: FineTuneCommandOptions,
  terminal: Terminal,
): void {
  const { before, after, history, ...summary } = result;
  const judged: Measured[] =
    validation && before && after
      ? [{ folder: options.validation!, pictures: validation.length, before, after }]
      : [];
  if (options.json) {
    const { out } = options;
    terminal.out(
      JSON.stringify({ out, ...summary, validation: judged[0] ?? null, tests, history }, null, 2),
    );
    return;
  }
  const { model, steps, bestStep, stoppedEarly, seconds } = result;
  terminal.out(
    [
      `${model} → ${options.out}`,
      `  ${steps} steps in ${formatSeconds(seconds)}${stoppedEarly ? ', stopped early' : ''}; weights of step ${bestStep}`,
      ...(bestStep === 0 ? ['  nothing was better than the start'] : []),
      ...judged.flatMap((set) => table('validation', set)),
      ...tests.flatMap((set) => table('test', set)),
    ].join('\n'),
  );
}

const digits = { grad: 3, conn: 3, mse: 5, sad: 3 } as const;

function table(role: string, { folder, pictures, before, after }: Measured): string[] {
  const cell = (text: string) => text.padStart(9);
  const names = Object.keys(digits) as MetricName[];
  const row = (label: string, errors: MatteErrors) =>
    `    ${label.padEnd(8)}${names.map((name) => cell(errors[name].toFixed(digits[name]))).join('')}`;
  const change = names.map((name) =>
    cell(before[name] === 0 ? '–' : `${((100 * after[name]) / before[name] - 100).toFixed(1)} %`),
  );
  return [
    `  ${role} ${folder}, ${pictures} pictures`,
    `    ${''.padEnd(8)}${['Grad', 'Conn', 'MSE', 'SAD'].map(cell).join('')}`,
    row('before', before),
    row('after', after),
    `    ${'change'.padEnd(8)}${change.join('')}`,
  ];
}

function trainingProgress(terminal: Terminal, label: string) {
  const bar = countProgress(terminal, label);
  let last = Number.NEGATIVE_INFINITY;
  return {
    onProgress(step: FineTuneStep): void {
      bar.update({ loaded: step.step, total: step.steps });
      const { elapsedSeconds, validation } = step;
      const due = elapsedSeconds - last >= LINE_SECONDS || validation !== undefined;
      if (terminal.bar !== undefined || !due) return;
      last = elapsedSeconds;
      const parts = [
        ...(step.loss === undefined ? [] : [`loss ${step.loss.toFixed(4)}`]),
        ...(validation
          ? [`validation SAD ${validation.sad.toFixed(3)}, best at ${step.best}`]
          : []),
        ...(Number.isFinite(step.remainingSeconds)
          ? [`ETA ${formatSeconds(step.remainingSeconds)}`]
          : []),
      ];
      terminal.note(`${label}: ${step.step}/${step.steps} ${parts.join(' · ')}`);
    },
    stop: () => bar.stop(),
  };
}
