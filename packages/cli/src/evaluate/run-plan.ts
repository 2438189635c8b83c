import { readFile } from 'node:fs/promises';
import {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationFailure,
  type EvaluationRow,
  type EvaluationSample,
  MattingEvaluator,
  type PictureEvaluation,
  pictureFailure,
  summarizeEvaluation,
} from '@latent-matte/backend-node/evaluate';
import { sha256Of } from '@latent-matte/files/sha256-of';
import type { DatasetPicture } from '../data/dataset';
import type { EvaluationProgress } from './evaluation-progress';
import type { EvaluationState } from './open-state';
import type { StateEntry } from './state-file';

/** One table of the result: a matting model under one variant of the options, over all pictures. */
export interface Plan {
  readonly variant: string;
  readonly model: string;
  readonly options: EvaluateOptions;
}

export interface PlanContext {
  readonly pictures: readonly DatasetPicture[];
  /** Of `digestsOf(pictures)`. */
  readonly digests: readonly (string | undefined)[];
  readonly state: EvaluationState;
  readonly progress: EvaluationProgress;
  readonly signal: AbortSignal;
  /** Pictures in work at the same time. */
  readonly concurrency: number;
  /** Keeps what a report will show; called once per measured picture. */
  readonly keepCase?: (
    task: string,
    sample: EvaluationSample,
    evaluation: PictureEvaluation,
  ) => Promise<void>;
}

/** Names what was done in the state file and among the kept cases. */
export const taskName = (
  { variant, model }: Pick<Plan, 'variant' | 'model'>,
  picture: string,
): string => JSON.stringify([variant, model, picture]);

/**
 * Runs a plan: pictures that the state knows are taken from it, the others measured and added to it. The result
 * does not depend on the order in which pictures finish, nor on which of them were done before.
 *
 * When the signal fires the pictures done until then are returned.
 */
export async function runPlan(plan: Plan, context: PlanContext): Promise<Evaluation> {
  const { pictures, digests, state, progress, signal, concurrency } = context;
  const done: (StateEntry | undefined)[] = new Array(pictures.length);
  for (const [index, picture] of pictures.entries()) {
    const digest = digests[index];
    if (digest !== undefined) done[index] = state.find(taskName(plan, picture.name), digest);
  }
  const waiting = [...pictures.keys()].filter((index) => done[index] === undefined);
  progress.start(plan, waiting.length);
  if (waiting.length > 0 && !signal.aborted) {
    const evaluator = await MattingEvaluator.create(plan.options);
    for (const warning of evaluator.warnings) progress.warn(warning);
    const work = async (): Promise<void> => {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
        if (signal.aborted) return;
        const entry = await measure(plan, context, evaluator, pictures[index]!, digests[index]);
        await state.append(entry);
        done[index] = entry;
        progress.done(entry);
      }
    };
    const workers = Array.from({ length: Math.min(concurrency, waiting.length) }, () =>
      work().catch((error: unknown) => {
        // An error of all pictures: the other workers finish what they are at.
        waiting.length = 0;
        throw error;
      }),
    );
    try {
      const settled = await Promise.allSettled(workers);
      const failed = settled.find((result) => result.status === 'rejected');
      if (failed !== undefined && !signal.aborted) throw failed.reason;
    } finally {
      evaluator.dispose();
    }
  }
  progress.stop();
  const rows: EvaluationRow[] = [];
  const failures: EvaluationFailure[] = [];
  for (const entry of done) {
    if (entry?.row !== undefined) rows.push(entry.row);
    else if (entry !== undefined) failures.push(entry.failure);
  }
  const { trimapSource = 'predicted', resamples, advanced } = plan.options;
  return summarizeEvaluation(rows, failures, trimapSource, { seed: advanced?.seed, resamples });
}

async function measure(
  plan: Plan,
  { progress, signal, keepCase }: PlanContext,
  evaluator: MattingEvaluator,
  picture: DatasetPicture,
  digest = '',
): Promise<StateEntry> {
  const entry = { task: taskName(plan, picture.name), files: digest };
  const hooks = progress.picture(picture.name);
  try {
    const sample = await picture.load();
    const evaluation = await evaluator.evaluate(sample, { ...hooks, signal });
    await keepCase?.(entry.task, sample, evaluation);
    return { ...entry, row: evaluation.row };
  } catch (error) {
    const failure = pictureFailure(picture.name, error);
    if (failure === undefined) throw error;
    return { ...entry, failure };
  }
}

/**
 * SHA-256 of the content of each picture's files; undefined where one cannot be read, so that it is tried again when
 * an evaluation is resumed.
 */
export async function digestsOf(
  pictures: readonly DatasetPicture[],
): Promise<(string | undefined)[]> {
  const known = new Map<string, Buffer | undefined>();
  const digests: (string | undefined)[] = [];
  for (const { files } of pictures) {
    for (const file of files) {
      if (known.has(file)) continue;
      const content = await readFile(file).catch(() => undefined);
      known.set(file, content && Buffer.from(sha256Of(content), 'hex'));
    }
    const parts = files.flatMap((file) => known.get(file) ?? []);
    digests.push(parts.length === files.length ? sha256Of(Buffer.concat(parts)) : undefined);
  }
  return digests;
}
