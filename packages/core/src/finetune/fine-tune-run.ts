import * as tf from '@tensorflow/tfjs-core';
import { AbortedError, InvalidOptionError, TrainingError } from '../errors';
import type { MatteErrors } from '../metrics';
import { installCorrections } from '../ops/corrections/install-corrections';
import { freeingTape } from '../ops/gradients-of';
import { stopGradient } from '../ops/stop-gradient';
import { Adam } from '../optimizer/adam';
import { clipByGlobalNorm, globalNorm } from '../optimizer/clip-by-global-norm';
import { warmUpCosine } from '../optimizer/learning-rate';
import { checkShape } from '../prediction/predict-matte';
import { createRandom } from '../random';
import { type Batch, drawBatch, prepareBackgrounds, type TrainingData } from './draw-batch';
import type { FineTuning } from './fine-tuning';
import { mattingLoss } from './matting-loss';
import type { FineTuneOptions, FineTuneSettings } from './options';
import { PairStore } from './pair-store';
import type { TrainableMattingModel } from './trainable-model';
import { type ModelShapes, parseTraining, serializeTraining } from './training-checkpoint';
import type { FineTuneRecord, FineTuneStep, PairSource } from './types';
import { meanErrors, ValidationSet } from './validation-set';
import { WeightAverage } from './weight-average';
import {
  readVariables,
  restoreSnapshot,
  takeSnapshot,
  type Values,
  type WeightSnapshot,
} from './weight-snapshot';

const MEMORY = 2e9;
const CHECKPOINT_EVERY = 100;

/** The best weights so far, and how they were judged. */
interface Best {
  readonly step: number;
  readonly errors: MatteErrors | undefined;
  readonly weights: WeightSnapshot;
}

/** State of one training. The tensors it holds are freed by `dispose`; the model's variables are the model's. */
export class FineTuneRun {
  readonly #model: TrainableMattingModel;
  readonly #options: FineTuneOptions;
  readonly #settings: FineTuneSettings;
  readonly #data: TrainingData;
  readonly #validation: ValidationSet | undefined;
  readonly #adam: Adam;
  /** What is validated and kept; none = the weights themselves. */
  readonly #average: WeightAverage | undefined;
  /** Names of the variables that move. */
  readonly #names: readonly string[];
  readonly #shapes: ModelShapes;
  readonly #began = performance.now();
  #history: FineTuneRecord[] = [];
  #best: Best;
  #waiting = 0;
  #resumedAt = -1;
  #stoppedEarly = false;
  #settled = false;

  private constructor(
    model: TrainableMattingModel,
    options: FineTuneOptions,
    settings: FineTuneSettings,
    data: TrainingData,
    validation: ValidationSet | undefined,
    names: readonly string[],
    start: WeightSnapshot,
  ) {
    this.#model = model;
    this.#options = options;
    this.#settings = settings;
    this.#data = data;
    this.#validation = validation;
    this.#names = names;
    this.#best = { step: 0, errors: undefined, weights: start };
    const shapesOf = (variables: Record<string, tf.Variable>) =>
      Object.fromEntries(Object.entries(variables).map(([name, { shape }]) => [name, shape]));
    this.#shapes = {
      variables: shapesOf(model.variables()),
      state: shapesOf(model.train.state()),
    };
    this.#average =
      settings.averageDecay > 0 ? new WeightAverage(model, settings.averageDecay) : undefined;
    this.#adam = new Adam({
      weightDecay: settings.weightDecay,
      decay: settings.optimizer === 'adamw' ? 'decoupled' : 'coupled',
    });
  }

  /** Reads and prepares the data; goes on from a checkpoint where one is given. */
  static async open(
    model: TrainableMattingModel,
    options: FineTuneOptions,
    settings: FineTuneSettings,
  ): Promise<FineTuneRun> {
    const { trainable = () => true, signal, onPrepare, memory = MEMORY } = options;
    const names = Object.keys(model.variables()).filter(trainable);
    if (names.length === 0) {
      throw new InvalidOptionError(
        `No variable of "${model.name}" is trained.`,
        'Let `trainable` be true for some of them.',
      );
    }
    const store = async (what: 'pairs' | 'real', source: PairSource | undefined) =>
      source && (await PairStore.open(source, { what, memory, signal, onPrepare }));
    const pairs = await store('pairs', options.pairs);
    const real = await store('real', options.real);
    if (pairs === undefined && real === undefined) {
      throw new InvalidOptionError(
        'There is nothing to train on.',
        'Give `pairs`, `real`, or both.',
      );
    }
    const validation = options.validation && (await ValidationSet.open(options.validation));
    const backgrounds = await prepareBackgrounds(options.backgrounds, settings.seed);
    const start = await takeSnapshot(model);
    const data = { pairs, real, backgrounds };
    const run = new FineTuneRun(model, options, settings, data, validation, names, start);
    try {
      if (options.resume !== undefined) run.#resume(options.resume);
    } catch (error) {
      run.dispose();
      throw error;
    }
    return run;
  }

  /** Updates made. */
  get done(): number {
    return Math.max(0, this.#history.length - 1);
  }

  async *iterate(): AsyncGenerator<FineTuneStep, void, void> {
    if (this.#history.length === 0) this.#history.push({ step: 0 });
    for (;;) {
      this.#assertRunning();
      await this.#judge();
      const last = this.done === this.#settings.steps;
      const { patience } = this.#settings;
      this.#stoppedEarly = !last && patience !== null && this.#waiting >= patience;
      const ends = last || this.#stoppedEarly;
      const due =
        this.done > 0 && this.done % (this.#options.checkpointEvery ?? CHECKPOINT_EVERY) === 0;
      if ((due || ends) && this.done !== this.#resumedAt) await this.saveCheckpoint();
      yield this.#event();
      if (ends) return;
      this.#assertRunning();
      this.#history.push(await this.#update(this.done + 1));
    }
  }

  #assertRunning(): void {
    if (this.#options.signal?.aborted) throw new AbortedError('Cancelled.');
  }

  /** Measures the current weights where that is due and was not done: after an interruption it may be missing. */
  async #judge(): Promise<void> {
    const { validateEvery, steps, region, select } = this.#settings;
    const due = this.done % validateEvery === 0 || this.done === steps;
    const record = this.#history[this.done];
    if (!due || record.validation !== undefined) return;
    if (this.#validation === undefined) {
      if (this.#best.step === this.done) return;
      const weights = await this.#kept();
      this.#best = { step: this.done, errors: undefined, weights };
      return;
    }
    const { signal } = this.#options;
    const set = this.#validation;
    const measure = () =>
      meanErrors(set.measure(this.#model, { region, ...(signal && { signal }) }));
    const validation = await (this.#average?.within(measure) ?? measure());
    this.#history[this.done] = { ...record, validation };
    const best = this.#best.errors;
    if (best === undefined || validation[select] < best[select]) {
      const weights = this.done === 0 ? this.#best.weights : await this.#kept();
      this.#best = { step: this.done, errors: validation, weights };
      this.#waiting = 0;
    } else {
      this.#waiting++;
    }
  }

  /** The weights that are validated and kept. */
  #kept(): Promise<WeightSnapshot> {
    return this.#average?.snapshot() ?? takeSnapshot(this.#model);
  }

  async #update(step: number): Promise<FineTuneRecord> {
    const { seed, steps, learningRate, warmUpSteps, learningRateFloor, clipNorm } = this.#settings;
    const batch = await drawBatch(
      this.#data,
      createRandom(seed).fork(`step ${step}`),
      this.#settings,
    );
    let made: tf.Tensor[] = [];
    try {
      const { numbers, norm, gradients } = this.#gradients(batch);
      made = [numbers, norm, ...gradients];
      const [loss, alpha, compositional, gradient] = await numbers.data();
      const [gradientNorm] = await norm.data();
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
        const what = Number.isFinite(loss) ? 'norm of the gradient' : 'loss';
        throw new TrainingError(
          `The ${what} is ${Number.isFinite(loss) ? gradientNorm : loss} at step ${step}; the model holds the weights of step ${this.#best.step} again.`,
          'Lower the learning rate or `clipNorm`, and check the pairs.',
        );
      }
      this.#adam.learningRate = warmUpCosine(step - 1, {
        steps,
        learningRate,
        warmUpSteps,
        floor: learningRateFloor,
      });
      tf.tidy(() => {
        const variables = this.#trained();
        const clipped = clipNorm > 0 ? clipByGlobalNorm(gradients, clipNorm, norm) : gradients;
        const next = this.#adam.step(variables, clipped);
        variables.forEach((variable, i) => {
          variable.assign(next[i]);
        });
      });
      this.#average?.update(step);
      return {
        step,
        loss,
        losses: { alpha, compositional, gradient },
        learningRate: this.#adam.learningRate,
        gradientNorm,
      };
    } finally {
      tf.dispose([made, Object.values(batch)]);
    }
  }

  /** Loss and terms as `numbers`, the gradients of the variables that move, and their norm. */
  #gradients(batch: Batch): { numbers: tf.Tensor1D; norm: tf.Scalar; gradients: tf.Tensor[] } {
    installCorrections();
    const { losses, normalization } = this.#settings;
    const { train, needsTrimap, name } = this.#model;
    const { image, trimap } = batch;
    const variables = this.#trained();
    let numbers: tf.Tensor1D | undefined;
    try {
      return freeingTape(() =>
        tf.tidy(() => {
          const { grads } = tf.variableGrads(() => {
            const input = needsTrimap ? { image, trimap } : { image };
            const own = train.objective?.(input, normalization, {
              alpha: batch.alpha,
              contrast: batch.contrast,
              alphaLoss: (predicted, region) =>
                mattingLoss(predicted, { ...batch, unknown: region }, losses, true).total,
            });
            const alpha = own?.alpha ?? train.alpha(input, normalization);
            checkShape(name, 'alpha', alpha, [...image.shape.slice(0, 3), 1]);
            const loss = mattingLoss(alpha, batch, losses, needsTrimap);
            const total = own?.total ?? loss.total;
            numbers = tf.keep(
              stopGradient(
                () =>
                  tf.stack([total, loss.alpha, loss.compositional, loss.gradient]) as tf.Tensor1D,
              ),
            );
            return total;
          }, variables);
          // A variable that the loss does not depend on has none.
          const gradients = variables.map(
            (variable) => grads[variable.name] ?? tf.zerosLike(variable),
          );
          return { numbers: numbers as tf.Tensor1D, norm: globalNorm(gradients), gradients };
        }),
      );
    } catch (error) {
      numbers?.dispose();
      throw error;
    }
  }

  #trained(): tf.Variable[] {
    const variables = this.#model.variables();
    return this.#names.map((name) => variables[name]);
  }

  #event(): FineTuneStep {
    const { steps } = this.#settings;
    const record = this.#history[this.done];
    const elapsedSeconds = (performance.now() - this.#began) / 1000;
    const made = this.done - Math.max(0, this.#resumedAt);
    return {
      ...record,
      steps,
      best: this.#validation === undefined ? this.done : this.#best.step,
      elapsedSeconds,
      remainingSeconds:
        made === 0 ? Number.POSITIVE_INFINITY : (elapsedSeconds / made) * (steps - this.done),
    };
  }

  /** Gives everything needed to go on to `onCheckpoint`. */
  async saveCheckpoint(): Promise<void> {
    const { onCheckpoint } = this.#options;
    if (onCheckpoint === undefined || this.#history.length === 0) return;
    const { first, second } = this.#adam.state();
    const read = (moments: readonly tf.Tensor[]) =>
      readVariables(Object.fromEntries(moments.map((moment, i) => [this.#names[i], moment])));
    const bytes = serializeTraining(
      {
        step: this.done,
        settings: this.#settings,
        counts: this.#counts(),
        current: await takeSnapshot(this.#model),
        ...(this.#average && { average: await this.#average.snapshot() }),
        first: await read(first),
        second: await read(second),
        best: { ...this.#best.weights, step: this.#best.step, errors: this.#best.errors ?? null },
        waiting: this.#waiting,
        history: this.#history,
      },
      this.#shapes,
    );
    await onCheckpoint(bytes, this.done);
  }

  #resume(bytes: Uint8Array): void {
    const expected = { settings: this.#settings, counts: this.#counts() };
    const state = parseTraining(bytes, expected, this.#shapes, this.#names);
    restoreSnapshot(this.#model, state.current);
    if (state.average !== undefined) this.#average?.restore(state.average);
    if (state.step > 0) {
      const moments = (values: Values) =>
        this.#names.map((name) => tf.tensor(values[name], [...this.#shapes.variables[name]]));
      this.#adam.restore(state.step, moments(state.first), moments(state.second));
    }
    this.#best = {
      step: state.best.step,
      errors: state.best.errors ?? undefined,
      weights: { variables: state.best.variables, state: state.best.state },
    };
    this.#waiting = state.waiting;
    this.#history = [...state.history];
    this.#resumedAt = state.step;
  }

  #counts() {
    const { pairs, real } = this.#data;
    return {
      pairs: pairs?.length ?? 0,
      real: real?.length ?? 0,
      validation: this.#validation?.length ?? 0,
    };
  }

  /** Gives the model its best weights, and says what was done. */
  finish(): Omit<FineTuning, 'warnings'> {
    const judged = this.#validation !== undefined;
    if (judged) restoreSnapshot(this.#model, this.#best.weights);
    else this.#average?.give();
    this.#settled = true;
    const before = this.#history[0]?.validation;
    return {
      model: this.#model.name,
      steps: this.done,
      bestStep: judged ? this.#best.step : this.done,
      stoppedEarly: this.#stoppedEarly,
      ...(before && { before }),
      ...(this.#best.errors && { after: this.#best.errors }),
      history: this.#history,
      seconds: (performance.now() - this.#began) / 1000,
      settings: this.#settings,
    };
  }

  /** Frees everything; a training that did not finish leaves the model with its best weights. */
  dispose(): void {
    if (!this.#settled) restoreSnapshot(this.#model, this.#best.weights);
    this.#settled = true;
    this.#average?.dispose();
    this.#adam.dispose();
  }
}
