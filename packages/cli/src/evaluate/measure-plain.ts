import { join } from 'node:path';
import { useNodeBackend } from '@latent-matte/backend-node';
import { InvalidOptionError, mattingModels, trimapModels } from '@latent-matte/backend-node/core';
import {
  formatPlain,
  measureModels,
  type PendingPlainSample,
  type PlainEvaluation,
  type PlainModel,
} from '@latent-matte/backend-node/evaluate';
import { DEFAULT_PARTS } from '@latent-matte/core/options';
import { datasetError, inspectDataset } from '../data/inspect-dataset';
import { isFolder } from '../data/list-files';
import { inspectTriples } from '../data/triples';
import type { Terminal } from '../terminal/terminal';
import { printable } from './evaluation-progress';
import type { EvaluateCommandOptions } from './grammar';

/** What `--plain` reads; everything else is about a search. */
const READ: ReadonlySet<string> = new Set([
  ...['plain', 'data', 'layout', 'model', 'trimap', 'describe', 'workingSize'],
  ...['device', 'limit', 'json', 'cutOut'],
]);

/**
 * Runs `latent-matte evaluate --plain`: measures models as they are, with no search, several in one table. Truth is
 * `alpha/`, or hard masks in `mask/`.
 *
 * @returns 0, or 1 when no picture could be measured
 * @throws InvalidOptionError an option of the search, which nothing would read
 * @throws LatentMatteError what concerns every picture: models, backend, data set
 * @throws AbortedError the signal fired; what was measured until then is printed
 */
export async function measurePlainCommand(
  options: EvaluateCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  assertRead(options);
  const samples = await plainSamples(options);
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const models = await loadModels(options);
  let done = 0;
  try {
    const evaluation = await measureModels(samples, models, {
      signal,
      ...(options.workingSize !== undefined && { size: Number(options.workingSize) }),
      onRow: ({ picture, model, seconds }) => {
        done += 1;
        terminal.note(
          printable(
            `${picture} · ${model}: ${seconds.toFixed(2)} s (${done} of ${samples.length * models.length})`,
          ),
        );
      },
      onFailure: ({ name, model, message }) =>
        terminal.note(printable(`${name}${model === undefined ? '' : ` · ${model}`}: ${message}`)),
    });
    terminal.out(options.json ? JSON.stringify(evaluation, null, 2) : tableOf(evaluation));
    return evaluation.rows.length === 0 ? 1 : 0;
  } finally {
    disposeModels(models);
  }
}

/** Names of pictures are names of files, which may hold anything. */
const tableOf = (evaluation: PlainEvaluation): string =>
  formatPlain(evaluation).split('\n').map(printable).join('\n');

/** @throws InvalidOptionError */
function assertRead(options: EvaluateCommandOptions): void {
  const given = Object.entries(options).filter(
    ([name, value]) =>
      !READ.has(name) &&
      value !== undefined &&
      !(Array.isArray(value) && value.length === 0) &&
      // What commander says of a `--no-…` that was not given.
      !(name === 'judgeTarget' && value === true),
  );
  if (given.length === 0) return;
  throw new InvalidOptionError(
    `With --plain nothing is searched, and nothing reads ${given.map(([name]) => flagOf(name)).join(', ')}.`,
    'Leave them out, or leave out --plain.',
  );
}

const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

async function plainSamples({
  data,
  layout,
  limit,
}: EvaluateCommandOptions): Promise<PendingPlainSample[]> {
  const isMasks =
    (layout === undefined || layout === 'triples') &&
    (await isFolder(join(data, 'mask'))) &&
    !(await isFolder(join(data, 'alpha')));
  const inspection = isMasks
    ? await inspectTriples(data, 'mask')
    : await inspectDataset(data, layout ?? 'triples');
  if (inspection.problems.length > 0) throw datasetError(inspection);
  return inspection.pictures.slice(0, limit).map(({ name, load }) => ({
    name,
    load: async () => {
      const { image, alpha, trimap } = await load();
      return {
        name,
        image,
        ...(isMasks ? { mask: alpha } : { alpha }),
        ...(trimap !== undefined && { trimap }),
      };
    },
  }));
}

async function loadModels({
  model,
  trimap,
  cutOut,
}: EvaluateCommandOptions): Promise<PlainModel[]> {
  const models: PlainModel[] = [];
  try {
    for (const name of model ?? [DEFAULT_PARTS.matte]) {
      const matting = await mattingModels.create(name, undefined);
      models.push({ name, matting });
      if (!matting.needsTrimap) continue;
      const trimapName = String(trimap ?? DEFAULT_PARTS.trimap);
      const made = await trimapModels.create(trimapName, undefined);
      models[models.length - 1] = { name, matting, trimap: made };
    }
    return cutOut ? models.flatMap((one) => [one, { ...one, cutOut }]) : models;
  } catch (error) {
    disposeModels(models);
    throw error;
  }
}

function disposeModels(models: readonly PlainModel[]): void {
  for (const { matting, trimap } of models.filter(({ cutOut }) => !cutOut)) {
    matting.dispose();
    trimap?.dispose();
  }
}
