import {
  type Evaluation,
  type EvaluationFailure,
  type MatteErrors,
  metricNames,
  type TransferRow,
  transferRow,
} from '@latent-matte/backend-node/evaluate';
import { versions } from '../version';
import type { EvaluationSettings } from './state-file';

/** One matting model: a block of the paper's Table I. */
export interface ModelEvaluation extends Evaluation {
  readonly model: string;
}

/** One matting model under one variant: a row of the paper's Tables III and IV. */
export interface VariantEvaluation {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  /** Why it was not run; then there are no evaluations. */
  readonly skipped?: string;
  readonly evaluations: readonly ModelEvaluation[];
}

/** Means over the matting models, as the paper's text gives them ("on average"). */
export interface AverageChange {
  readonly models: number;
  /** Mean over the models of the change of the mean, per cent. */
  readonly percent: Readonly<Record<keyof MatteErrors, number>>;
}

/** What `evaluate --json` prints. Numbers that are not finite (PSNR of an unchanged picture) are `null`. */
export interface EvaluationDocument {
  readonly tool: 'latent-matte';
  readonly schema: 2;
  readonly versions: Readonly<Record<string, string>>;
  /** The folder, as given. */
  readonly data: string;
  readonly device: string;
  /** Pictures asked for. */
  readonly images: number;
  /** False when it was stopped early. */
  readonly complete: boolean;
  /** What was asked for, beside the matting models. */
  readonly settings: EvaluationSettings;
  readonly evaluations: readonly ModelEvaluation[];
  /** With two matting models or more. */
  readonly average?: AverageChange;
  /** With `--transfer` or `--judge`: one row per matting model. */
  readonly transfer?: readonly TransferRow[];
  /** With `--ablate`. */
  readonly ablation?: readonly VariantEvaluation[];
}

export function createDocument(
  input: Omit<EvaluationDocument, 'tool' | 'schema' | 'versions' | 'average' | 'transfer'>,
): EvaluationDocument {
  const { data, device, images, complete, settings, evaluations, ablation } = input;
  const average = averageChange(evaluations);
  const judged = evaluations.some(({ rows }) => rows.some(({ judges }) => judges !== undefined));
  const transfer = judged && evaluations.map(({ model, rows }) => transferRow(model, rows));
  return {
    tool: 'latent-matte',
    schema: 2,
    versions,
    data,
    device,
    images,
    complete,
    settings,
    evaluations,
    ...(average && { average }),
    ...(transfer && { transfer }),
    ...(ablation && { ablation }),
  };
}

/** Why a picture was not measured, without its name where the message starts with it. */
export const failureReason = ({ name, message }: EvaluationFailure): string =>
  message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;

function averageChange(evaluations: readonly Evaluation[]): AverageChange | undefined {
  const summaries = evaluations.flatMap(({ summary }) => summary ?? []);
  if (summaries.length < 2) return undefined;
  const entries = metricNames.map((name) => {
    const changes = summaries.map(({ metrics }) => metrics[name].percent);
    return [name, changes.reduce((sum, value) => sum + value, 0) / changes.length];
  });
  return { models: summaries.length, percent: Object.fromEntries(entries) };
}
