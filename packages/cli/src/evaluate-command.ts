import {
  DatasetError,
  type EnhanceOptions,
  type EvaluateOptions,
  mattingModels,
  UnknownModelError,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { writeFileAtomic } from '@latent-matte/backend-node/files';
import { enhanceOptions } from './enhance-options';
import { ablationVariants, type Variant } from './evaluate/ablation';
import { CaseStore } from './evaluate/case-store';
import { drawBackgrounds } from './evaluate/data/coco';
import { enumerate } from './evaluate/data/list-files';
import {
  createDocument,
  type EvaluationDocument,
  type ReferenceEvaluation,
  type VariantEvaluation,
} from './evaluate/evaluation-document';
import { createEvaluationProgress } from './evaluate/evaluation-progress';
import { openState } from './evaluate/open-state';
import { startWorkers } from './evaluate/picture-workers';
import { digestsOf, type PlanContext, runPlan } from './evaluate/run-plan';
import { evaluationSettings } from './evaluate/settings';
import { formatDocument } from './format-evaluation';
import type { EvaluateCommandOptions } from './program';
import { type Dataset, readDataset } from './read-dataset';
import { chooseCases } from './report/choose-cases';
import { renderEvaluation } from './report/render-evaluation';
import type { Terminal } from './terminal';

export type { EvaluationDocument } from './evaluate/evaluation-document';

/** How many backgrounds are drawn from a folder of them. */
const BACKGROUNDS = 32;

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
  const { html, data } = options;
  const dataset = await readDataset(data, options.layout);
  const pictures = dataset.pictures.slice(0, options.limit);
  if (options.trimap === 'given') await assertTrimaps(pictures);
  for (const phrase of dataset.missing) terminal.note(`note: the data set lacks ${phrase}`);
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const { base, backgrounds } = await baseOptions(options);
  const references = options.reference.length > 0 ? options.reference : ['compact-matting'];
  if (enhance === undefined) assertRegistered(references);
  const variants = options.ablate ? await ablationVariants(base, options.ablate) : [];
  const settings = await evaluationSettings(options, base, backend.device, backgrounds);
  const statePath = options.state ?? (html === undefined ? undefined : `${html}.state.jsonl`);
  const state = await openState(statePath, settings, options.resume === true, terminal.note);
  let complete = false;
  const workers = await startWorkers(options, enhance);
  const progress = createEvaluationProgress(terminal);
  try {
    const cases = html === undefined ? undefined : await CaseStore.open(`${statePath}.pictures`);
    const digests = await digestsOf(pictures);
    const context: Omit<PlanContext, 'keepCase'> = {
      pictures,
      digests,
      state,
      progress,
      signal,
      concurrency: workers.count,
    };
    /** All reference models under one variant. */
    const run = async (variant?: Variant): Promise<ReferenceEvaluation[]> => {
      const evaluations: ReferenceEvaluation[] = [];
      for (const reference of references) {
        if (signal.aborted) break;
        const plan = {
          variant: variant?.id ?? '',
          reference,
          options: {
            ...base,
            ...variant?.options,
            reference,
            trimapSource: options.trimap,
            // It is the same for every variant.
            ensemble: options.ensemble !== false && variant === undefined,
            ...(workers.enhance && { enhance: workers.enhance }),
          },
        };
        const keepCase: PlanContext['keepCase'] = (task, sample, evaluation) =>
          cases!.keep(task, sample, evaluation, options.trimap);
        const shown = cases !== undefined && variant === undefined;
        const evaluation = await runPlan(plan, { ...context, ...(shown && { keepCase }) });
        evaluations.push({ reference, ...evaluation });
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

/** Options of `enhancePortrait` that every reference and variant shares. */
async function baseOptions(
  options: EvaluateCommandOptions,
): Promise<{ base: EnhanceOptions; backgrounds: string[] }> {
  const { backgrounds: folder, background, seed = 0, foreground } = options;
  const drawn = folder === undefined ? [] : await drawBackgrounds(folder, BACKGROUNDS, seed);
  const backgrounds = [...background, ...drawn];
  const base = await enhanceOptions(
    { ...options, background: backgrounds },
    { trimap: options.trimapModel },
  );
  return { base: { ...base, ...(foreground !== undefined && { foreground }) }, backgrounds };
}

/** The last of several models is looked for hours later. @throws UnknownModelError */
function assertRegistered(references: readonly string[]): void {
  const unknown = references.filter((name) => !mattingModels.has(name));
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
    "Add trimap/, or leave out --trimap given: the trimap model's own are used then.",
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
