import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode, MattingModel } from '../contracts';
import { readTensor } from '../imaging/raster';
import { psnrOf } from '../metrics/psnr-of';
import type { TrustedTarget } from '../prediction/fixed-target';
import type { Parts } from '../prediction/parts';
import { predictMatte } from '../prediction/predict-matte';
import { distancesToTarget } from '../prediction/predictions-over-views';
import { askInSearch } from '../search/ask-in-search';
import { networkView } from '../search/network-views';
import type { PortraitEvaluation } from '../search/objective';
import type { BestStep } from './best-step';
import { judgeDistances } from './judge-distances';
import type { ResolvedEnhancement } from './options';
import type { EnhancementStep } from './types';

/** What the records of a run are made with. Nothing of it is disposed here. */
export interface RecordedRun {
  readonly settings: ResolvedEnhancement['settings'];
  readonly parts: Parts;
  /** Who share in the selection. */
  readonly others: readonly MattingModel[];
  readonly target: TrustedTarget | undefined;
  /** `[1, H, W, 1]`: the content of the letterbox, as the networks see it. */
  readonly mask: tf.Tensor4D;
  /** Updates that are made. */
  readonly steps: number;
  /** The first update is a move that the generator knew: it is measured like any other that may be returned. */
  readonly startsMoved: boolean;
}

/** The steps of a run: each measured and told, the best kept. */
export class StepRecords {
  readonly history: EnhancementStep[] = [];
  readonly #run: RecordedRun;
  readonly #best: BestStep;
  readonly #began = performance.now();

  /** @param best is offered what is measured; not disposed */
  constructor(run: RecordedRun, best: BestStep) {
    this.#run = run;
    this.#best = best;
  }

  /** Of the search, up to the last step. */
  get seconds(): number {
    return this.history.at(-1)?.elapsedSeconds ?? 0;
  }

  /** @param code of the step; copied where it is the best so far */
  async record(
    step: number,
    evaluation: PortraitEvaluation,
    code: LatentCode,
  ): Promise<EnhancementStep> {
    const { settings, steps } = this.#run;
    const criterion = await this.#offer(step, evaluation, code);
    const elapsedSeconds = (performance.now() - this.#began) / 1000;
    const record: EnhancementStep = {
      step,
      steps,
      losses: evaluation.losses,
      total: evaluation.total,
      psnr: psnrOf(evaluation.meanSquaredChange),
      ...(criterion === undefined ? {} : { criterion }),
      best: this.#best.step,
      elapsedSeconds,
      remainingSeconds: (elapsedSeconds / (step + 1)) * (steps - step),
    };
    this.history.push(record);
    const { previewEvery } = settings;
    const shows = previewEvery > 0 && (step % previewEvery === 0 || step === steps);
    return shows ? { ...record, preview: await this.#preview(evaluation) } : record;
  }

  /** The criterion of a step that is measured. */
  async #offer(
    step: number,
    evaluation: PortraitEvaluation,
    code: LatentCode,
  ): Promise<number | undefined> {
    const { settings, target, steps, startsMoved } = this.#run;
    const { select, selectEvery } = settings;
    if (select === 'last') this.#best.keep(step, code);
    if (target === undefined || select !== 'agreement') return undefined;
    const measured = step % selectEvery === 0 || (step === 1 && startsMoved) || step === steps;
    if (!measured) return undefined;
    return this.#best.offer(step, code, ...(await this.#distances(evaluation, target)));
  }

  /** Distances from the target: on the portrait and its mirror image, and those of the other models. */
  async #distances(
    { portrait, mirrored, alpha }: PortraitEvaluation,
    target: TrustedTarget,
  ): Promise<[distances: [number, number], witnesses: number[]]> {
    const { settings, others, mask, steps } = this.#run;
    const { reference, trimap } = this.#run.parts;
    const known = alpha && { mirrored, alpha };
    const seen = tf.tidy(() => tf.clone(networkView(portrait, settings)));
    try {
      // The searched model has been asked with a gradient before, the others never are.
      const both = askInSearch(steps, 'gradient', () =>
        distancesToTarget(trimap, reference, seen, target, mask, known),
      );
      const [plain, turned] = await both.data();
      both.dispose();
      const witnesses = askInSearch(steps, 'value', () =>
        judgeDistances(others, trimap, seen, target),
      );
      return [[plain, turned], await witnesses];
    } finally {
      seen.dispose();
    }
  }

  async #preview(evaluation: PortraitEvaluation): Promise<NonNullable<EnhancementStep['preview']>> {
    const { settings, parts } = this.#run;
    const { reference, trimap } = parts;
    const alpha =
      evaluation.alpha === undefined
        ? tf.tidy(
            () => predictMatte(trimap, reference, networkView(evaluation.portrait, settings)).alpha,
          )
        : tf.clone(evaluation.alpha);
    try {
      return { portrait: await readTensor(evaluation.portrait), alpha: await readTensor(alpha) };
    } finally {
      alpha.dispose();
    }
  }
}
