import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import {
  AbortedError,
  loadModel,
  type MattingModel,
  readImage,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { openCheckpoint, openFileSource } from '@latent-matte/backend-node/checkpoints';
import { InvalidOptionError, OutputError } from '@latent-matte/backend-node/core';
import type { MatteErrors } from '@latent-matte/backend-node/evaluate';
import {
  type FineTuneOptions,
  fineTune,
  measureModel,
  type PairSet,
  serializeMattingModel,
} from '@latent-matte/backend-node/fine-tune';
import {
  addInstalledModel,
  listInstalledModels,
  registerInstalledModels,
} from '@latent-matte/backend-node/models';
import { fineTuneOptions } from '@latent-matte/core/options';
import { makeFolder } from '@latent-matte/files/make-folder';
import { assertWritable, writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { backgroundPaths } from '../flags/backgrounds';
import { givenOptions } from '../flags/table-flags';
import type { Terminal } from '../terminal/terminal';
import { FINE_TUNE_BACKGROUNDS, type FineTuneCommandOptions } from './grammar';
import { openPairs } from './pairs';
import { trainingProgress } from './progress';
import { type Measured, reportFineTuning } from './report';

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
  await assertWritable(out);
  await registerInstalledModels();
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const model = await loadTrainable(options);
  const progress = trainingProgress(terminal, options.model);
  try {
    const before: MatteErrors[] = [];
    for (const { pairs } of tests) before.push(await measureModel(model, pairs, { signal }));
    const result = await fineTune(model, {
      ...givenOptions(fineTuneOptions, options, ['patience', 'augment']),
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
    // Said before a full disk of the models can hide where they are.
    reportFineTuning(result, measured, data.validation, options, terminal);
    if (options.id !== undefined) {
      const { name: network, license } = model;
      await addInstalledModel({ id: options.id, network, license }, bytes).catch((error) => {
        terminal.note(
          `The weights are in ${out}: latent-matte models add ${out} --network ${network} --id ${options.id}`,
        );
        throw error;
      });
    }
  } catch (error) {
    const isOutside = AbortedError.isInstance(error) || OutputError.isInstance(error);
    if (isOutside && existsSync(checkpoint)) {
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
  // One whose description is damaged has its id all the same.
  const taken: string[] = [];
  const installed = await listInstalledModels((_, damaged) => taken.push(damaged));
  taken.push(...installed.map((model) => model.id));
  if (id === undefined || !taken.includes(id)) return;
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
  const { pairs, real, validation, seed } = options;
  const paths = await backgroundPaths(options, FINE_TUNE_BACKGROUNDS, seed);
  const scenes = await Promise.all(paths.map((path) => readImage(path)));
  return {
    ...(pairs !== undefined && { pairs: await openPairs(pairs) }),
    ...(real !== undefined && { real: await openPairs(real) }),
    ...(scenes.length > 0 && { backgrounds: scenes }),
    ...(validation !== undefined && { validation: await openPairs(validation) }),
  };
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
