import {
  AbortedError,
  type Evaluation,
  evaluateMatting,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { enhanceOptions } from './enhance-options';
import { formatEvaluation } from './format-evaluation';
import type { EvaluateCommandOptions } from './program';
import { createProgress, formatSeconds } from './progress';
import { readDataset } from './read-dataset';
import type { Terminal } from './terminal';
import { versions } from './version';

/** What `evaluate --json` prints. Infinite numbers (PSNR of an unchanged picture) are `null`. */
export interface EvaluationDocument {
  readonly tool: 'latent-matte';
  readonly schema: 1;
  readonly versions: Readonly<Record<string, string>>;
  /** The folder, as given. */
  readonly data: string;
  readonly device: string;
  /** Pictures asked for. */
  readonly images: number;
  /** False when it was stopped early. */
  readonly complete: boolean;
  readonly evaluations: readonly ({ readonly reference: string } & Evaluation)[];
}

/**
 * `latent-matte evaluate`.
 *
 * @param evaluate for tests; default `evaluateMatting`
 * @returns 0, or 1 when no picture could be measured
 */
export async function evaluateCommand(
  options: EvaluateCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  evaluate: typeof evaluateMatting = evaluateMatting,
): Promise<number> {
  const dataset = await readDataset(options.data);
  const images = Math.min(options.limit ?? dataset.names.length, dataset.names.length);
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const references = options.reference.length > 0 ? options.reference : ['compact'];
  const done: { reference: string; evaluation: Evaluation }[] = [];
  for (const reference of references) {
    if (signal.aborted) break;
    const settings = await enhanceOptions(options, { reference, trimap: options.trimapModel });
    const started = performance.now();
    let current = 0;
    let progress = createProgress(terminal, '');
    const next = (): void => {
      progress.stop();
      const name = dataset.names[current++];
      progress = createProgress(quiet(terminal), `${reference} ${current}/${images} ${name}`);
    };
    const evaluation = await evaluate(samplesWith(dataset.samples(images), next), {
      ...settings,
      trimapSource: options.trimap,
      signal,
      onPhase: (phase) => progress.onPhase(phase),
      onProgress: (step) => progress.onProgress(step),
      onRow: (row, index) => {
        progress.stop();
        const perPicture = (performance.now() - started) / 1000 / (index + 1);
        const { grad, sad } = row.enhanced;
        terminal.note(
          `${reference} ${current}/${images} ${row.name}: grad ${row.original.grad.toFixed(3)} → ${grad.toFixed(3)}, ` +
            `sad ${row.original.sad.toFixed(3)} → ${sad.toFixed(3)}; ${formatSeconds(perPicture * (images - current))} to go`,
        );
      },
    })
      .catch((error: unknown) => partial(error, signal))
      .finally(() => progress.stop());
    done.push({ reference, evaluation });
  }
  if (signal.aborted) terminal.note('Stopped; this is what was measured until then.');
  const document: EvaluationDocument = {
    tool: 'latent-matte',
    schema: 1,
    versions,
    data: options.data,
    device: backend.device,
    images,
    complete: !signal.aborted,
    evaluations: done.map(({ reference, evaluation }) => ({ reference, ...evaluation })),
  };
  terminal.out(
    options.json
      ? JSON.stringify(document, null, 2)
      : done
          .map(({ reference, evaluation }) => formatEvaluation(reference, evaluation))
          .join('\n\n\n'),
  );
  return done.every(({ evaluation }) => evaluation.rows.length === 0) ? 1 : 0;
}

/** The evaluation up to Ctrl-C; every other error passes. */
function partial(error: unknown, signal: AbortSignal): Evaluation {
  const best = error instanceof AbortedError ? (error.best as Evaluation | undefined) : undefined;
  if (!signal.aborted || best === undefined) throw error;
  return best;
}

/** Without a terminal a line per picture is enough. */
const quiet = (terminal: Terminal): Terminal =>
  terminal.bar === undefined ? { ...terminal, note: () => undefined } : terminal;

async function* samplesWith<Sample>(
  samples: AsyncIterable<Sample>,
  onEach: () => void,
): AsyncGenerator<Sample> {
  for await (const sample of samples) {
    onEach();
    yield sample;
  }
}
