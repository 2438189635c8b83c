import { useNodeBackend } from '@latent-matte/backend-node';
import {
  DatasetError,
  type EnhanceRequest,
  InvalidOptionError,
  mattingModels,
  UnknownModelError,
} from '@latent-matte/backend-node/core';
import type { EvaluateOptions } from '@latent-matte/backend-node/evaluate';
import { nestedOptions } from '@latent-matte/backend-node/internal';
import { defaultOf, type PresetName, searchOptions } from '@latent-matte/core/options';
import { assertWritable, writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { enumerate } from '../data/list-files';
import { type Dataset, readDataset } from '../data/read-dataset';
import { enhanceRequest } from '../enhance/options';
import { backgroundPaths } from '../flags/backgrounds';
import { leaveCoresToWorkers, startWorkers } from '../picture-workers/picture-workers';
import type { Terminal } from '../terminal/terminal';
import { ablationVariants, type Variant } from './ablation';
import { CaseStore } from './case-store';
import {
  createDocument,
  type EvaluationDocument,
  type ModelEvaluation,
  type VariantEvaluation,
} from './evaluation-document';
import { createEvaluationProgress } from './evaluation-progress';
import { formatDocument } from './format-evaluation';
import { EVALUATE_BACKGROUNDS, type EvaluateCommandOptions } from './grammar';
import { measurePlainCommand } from './measure-plain';
import { openState } from './open-state';
import { chooseCases } from './report/choose-cases';
import { renderEvaluation } from './report/render-evaluation';
import { digestsOf, type PlanContext, runPlan } from './run-plan';
import { evaluationSettings } from './settings';

export type { EvaluationDocument } from './evaluation-document';

/**
 * `latent-matte evaluate`.
 *
 * @param enhance for tests; default: `enhancePortrait` here, or in workers
 * @returns 0, or 1 when no picture could be measured
 * @throws LatentMatteError what concerns every picture: options, models, backend, data set, output
 */
export async function evaluateCommand(
  options: EvaluateCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  enhance?: EvaluateOptions['enhance'],
): Promise<number> {
  if (options.plain) return await measurePlainCommand(options, terminal, signal);
  assertTrimapModel(options);
  const { html, data, trimapSource = 'predicted', region, protocol, resamples } = options;
  // Before hours of work, not after.
  if (html !== undefined) await assertWritable(html);
  const dataset = await readDataset(data, options.layout);
  const pictures = dataset.pictures.slice(0, options.limit);
  if (trimapSource === 'given') await assertTrimaps(pictures);
  for (const phrase of dataset.missing) terminal.note(`note: the data set lacks ${phrase}`);
  if (enhance === undefined) leaveCoresToWorkers(pictures.length, options.workers);
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const { base, backgrounds } = await baseOptions(options);
  const { model: models = [defaultModel(options.preset)] } = options;
  if (enhance === undefined)
    assertRegistered([...models, ...(options.judge ?? []), ...(options.judges ?? [])]);
  const variants = options.ablate ? await ablationVariants(base, options.ablate) : [];
  const settings = await evaluationSettings(options, base, backend.device, backgrounds);
  const statePath = options.state ?? (html === undefined ? undefined : `${html}.state.jsonl`);
  const state = await openState(statePath, settings, options.resume === true, terminal.note);
  let complete = false;
  const workers = await startWorkers(
    { device: backend.chosenDevice, pictures: pictures.length, workers: options.workers },
    enhance,
  );
  const progress = createEvaluationProgress(terminal);
  try {
    const cases =
      html === undefined ? undefined : await CaseStore.open(`${statePath}.pictures`, terminal.note);
    const digests = await digestsOf(pictures);
    const context: Omit<PlanContext, 'keepCase'> = {
      pictures,
      digests,
      state,
      progress,
      signal,
      concurrency: workers.count,
    };
    /** All matting models under one variant. */
    const run = async (variant?: Variant): Promise<ModelEvaluation[]> => {
      const evaluations: ModelEvaluation[] = [];
      for (const model of models) {
        if (signal.aborted) break;
        const judges = variant === undefined ? judgesOf(model, models, options) : [];
        const plan = {
          variant: variant?.id ?? '',
          model,
          options: {
            ...nestedOptions({ ...base, ...variant?.options, model }),
            trimapSource,
            ...(region !== undefined && { region }),
            ...(protocol !== undefined && { protocol }),
            ...(resamples !== undefined && { resamples }),
            // It is the same for every variant.
            judgeTarget: options.judgeTarget !== false && variant === undefined,
            ...(judges.length > 0 && { transferTo: judges }),
            ...(workers.enhance && { enhance: workers.enhance }),
          },
        };
        const keepCase: PlanContext['keepCase'] = (task, sample, evaluation) =>
          cases!.keep(task, sample, evaluation, trimapSource);
        const shown = cases !== undefined && variant === undefined;
        const evaluation = await runPlan(plan, { ...context, ...(shown && { keepCase }) });
        evaluations.push({ model, ...evaluation });
      }
      return evaluations;
    };
    const evaluations = await run();
    const ablation: VariantEvaluation[] = [];
    for (const { options: _, ...variant } of variants) {
      const own = variants.find(({ id }) => id === variant.id);
      ablation.push({
        ...variant,
        evaluations: variant.skipped === undefined ? await run(own) : [],
      });
    }
    complete = !signal.aborted;
    const document = createDocument({
      data,
      device: backend.device,
      images: pictures.length,
      complete,
      settings,
      evaluations,
      ...(options.ablate && { ablation }),
    });
    if (!complete) terminal.note('Stopped; this is what was measured until then.');
    terminal.out(options.json ? JSON.stringify(document, null, 2) : formatDocument(document));
    if (html !== undefined) await writeReport(html, document, cases!, terminal);
    return evaluations.every(({ rows }) => rows.length === 0) ? 1 : 0;
  } finally {
    progress.stop();
    await workers.stop();
    await state.finish(complete);
  }
}

/** The options that every model and variant shares. */
async function baseOptions(
  options: EvaluateCommandOptions,
): Promise<{ base: EnhanceRequest; backgrounds: string[] }> {
  const { model: _, ...shared } = options;
  const backgrounds = await backgroundPaths(options, EVALUATE_BACKGROUNDS, options.seed);
  return { base: await enhanceRequest(shared, backgrounds), backgrounds };
}

const defaultModel = (preset: PresetName = 'fast'): string =>
  String(defaultOf(searchOptions.model, preset));

/** Which models judge the pictures that are made for one. */
const judgesOf = (
  model: string,
  models: readonly string[],
  { transfer, judge = [] }: EvaluateCommandOptions,
): string[] =>
  [...new Set([...(transfer ? models : []), ...judge])].filter((name) => name !== model);

/** Before, --trimap said where trimaps come from. @throws InvalidOptionError */
function assertTrimapModel({ trimap }: EvaluateCommandOptions): void {
  if (trimap !== 'given' && trimap !== 'predicted') return;
  throw new InvalidOptionError(
    `--trimap names a trimap model, and "${trimap}" is none.`,
    `Give --trimap-source ${trimap}.`,
  );
}

/** The last of several models is looked for hours later. @throws UnknownModelError */
function assertRegistered(models: readonly string[]): void {
  const unknown = models.filter((name) => !mattingModels.has(name));
  if (unknown.length === 0) return;
  throw new UnknownModelError(
    `There is no matting model called ${enumerate(unknown)}.`,
    `There are: ${mattingModels.names().join(', ')}. "latent-matte models" says how to add one.`,
  );
}

/** Before minutes of work. What a picture lacks when its turn comes is a failure of that picture. */
async function assertTrimaps(pictures: Dataset['pictures']): Promise<void> {
  const without = pictures.filter(({ hasTrimap }) => !hasTrimap).map(({ name }) => name);
  if (without.length === 0) return;
  throw new DatasetError(
    `There is no trimap for ${enumerate(without)}.`,
    "Add trimap/, or leave out --trimap-source given: the trimap model's own are used then.",
  );
}

async function writeReport(
  path: string,
  document: EvaluationDocument,
  cases: CaseStore,
  terminal: Terminal,
): Promise<void> {
  await writeFileAtomic(path, renderEvaluation(document, await chooseCases(document, cases)));
  terminal.note(`look at ${path}`);
}
