import * as tf from '@tensorflow/tfjs-core';
import type { Generator, LatentCode, PerceptualModel } from '../contracts';
import { imageAtSource } from '../imaging/image-letterbox';
import { contentMask, type Letterbox } from '../imaging/letterbox';
import { cloneCode, disposeCode, latentTensors, withLatents } from '../latents/latent-code';
import { latentData } from '../latents/latent-data';
import { normalizeNoise } from '../losses/noise-regularization';
import { psnrOf } from '../metrics/psnr-of';
import { Adam } from '../optimizer/adam';
import { createRandom, type Random } from '../random';
import { type InversionIdentity, parseInversion, serializeInversion } from './inversion-checkpoint';
import { InversionLoss } from './inversion-loss';
import { type InversionEvaluation, InversionObjective, movedPart } from './inversion-objective';
import { type InvertOptions, inversionOptions, type ResolvedInversion } from './options';
import { explorationNoise } from './schedules';
import { type Stage, stagesOf } from './stages';
import type { Inversion, InversionSettings, InversionStep } from './types';

export interface InversionParts {
  readonly generator: Generator;
  readonly perceptual: PerceptualModel | undefined;
  /** Spread of w, for exploration; 0 where it is not used. */
  readonly deviation: number;
}

/** State of one inversion. Every tensor it holds is freed by `dispose`. */
export class InversionRun {
  done = 0;
  readonly #options: InvertOptions;
  readonly #settings: ResolvedInversion;
  readonly #parts: InversionParts;
  readonly #box: Letterbox;
  readonly #input: tf.Tensor4D;
  readonly #mask: tf.Tensor4D;
  readonly #loss: InversionLoss;
  readonly #objective: InversionObjective;
  readonly #exploration: Random;
  readonly #stages: readonly Stage[];
  readonly #history: InversionStep[] = [];
  #began = performance.now();
  /** Moments that a checkpoint brought, for the stage it was in. */
  #moments: { first: readonly tf.Tensor[]; second: readonly tf.Tensor[] } | undefined;
  #code: LatentCode;
  #best: { code: LatentCode; meanSquare: number } | undefined;
  #adam: Adam | undefined;
  #seconds = 0;

  /**
   * @param box where the portrait lies in the generator's frame
   * @param input the letterboxed portrait; owned by the run from here on
   * @param start the first code, its `styles` one row in the space W; owned by the run
   */
  constructor(
    options: InvertOptions,
    settings: ResolvedInversion,
    parts: InversionParts,
    box: Letterbox,
    input: tf.Tensor4D,
    start: LatentCode,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#parts = parts;
    this.#box = box;
    this.#input = input;
    this.#code = start;
    this.#mask = contentMask(box);
    this.#stages = stagesOf(settings);
    this.#exploration = createRandom(settings.seed).fork('exploration');
    try {
      const { reduction, perceptualReduction, perceptualSize } = settings;
      this.#loss = new InversionLoss(
        input,
        this.#mask,
        { consistency: reduction, perceptual: perceptualReduction },
        parts.perceptual,
        perceptualSize,
      );
      const { weights } = settings;
      this.#objective = new InversionObjective(parts.generator, this.#loss, weights, input.shape);
    } catch (error) {
      this.#mask.dispose();
      throw error;
    }
  }

  get steps(): number {
    return this.#stages.reduce((sum, { steps }) => sum + steps, 0);
  }

  async *iterate(): AsyncGenerator<InversionStep, void, void> {
    const {
      resume,
      onCheckpoint,
      checkpointEvery = inversionOptions.checkpointEvery.default!,
    } = this.#options;
    if (resume !== undefined) await this.#resume(resume);
    // Steps that were taken before.
    let taken = this.#history.length;
    for (const stage of this.#stages) {
      const first = Math.min(taken, stage.steps);
      taken -= first;
      if (first === stage.steps) continue;
      const adam = new Adam();
      this.#adam = adam;
      if (first > 0 && this.#moments !== undefined) {
        adam.restore(first, this.#moments.first, this.#moments.second);
        this.#moments = undefined;
      }
      for (let i = 0; i < first && stage.explores; i++) {
        this.#exploration.normals(this.#code.styles.size);
      }
      for (let i = first; i < stage.steps; i++) {
        this.#options.signal?.throwIfAborted();
        const record = await this.#step(stage, i / stage.steps);
        const made = this.#history.length;
        if (onCheckpoint !== undefined && made % checkpointEvery === 0) {
          await onCheckpoint(await this.#checkpoint(adam), made);
        }
        yield record;
      }
      this.#adam.dispose();
      this.#adam = undefined;
    }
    this.#options.signal?.throwIfAborted();
    const evaluation = await this.#objective.evaluate(this.#code, undefined);
    evaluation.portrait.dispose();
    yield this.#record('done', 0, evaluation);
  }

  async #identity(): Promise<InversionIdentity> {
    const sum = tf.tidy(() => tf.sum(this.#input));
    const [input] = await sum.data();
    sum.dispose();
    return { settings: this.#recorded(), input: input! };
  }

  #recorded(): InversionSettings {
    const { generator, perceptual } = this.#parts;
    return {
      ...this.#settings,
      generator: generator.name,
      perceptual: perceptual?.name ?? null,
    };
  }

  async #checkpoint(adam: Adam): Promise<Uint8Array> {
    return serializeInversion({
      ...(await this.#identity()),
      history: this.#history,
      seconds: this.#seconds,
      code: this.#code,
      ...(this.#best && { best: this.#best }),
      ...adam.state(),
    });
  }

  /** @throws WeightFormatError, InvalidOptionError no checkpoint of this inversion */
  async #resume(bytes: Uint8Array): Promise<void> {
    const state = parseInversion(bytes, await this.#identity());
    disposeCode(this.#code);
    this.#code = state.code;
    this.#best = state.best;
    this.#moments = state;
    this.#history.push(...state.history);
    this.done = this.#history.length - 1;
    this.#began = performance.now() - 1000 * state.seconds;
  }

  async #step(stage: Stage, t: number): Promise<InversionStep> {
    const adam = this.#adam!;
    adam.learningRate = stage.learningRate * stage.ramp(t);
    const trial = stage.explores ? this.#explore(t) : cloneCode(this.#code);
    let evaluation: InversionEvaluation | undefined;
    try {
      evaluation = await this.#objective.evaluate(trial, stage);
      if (this.#best === undefined || evaluation.meanSquare < this.#best.meanSquare) {
        if (this.#best !== undefined) disposeCode(this.#best.code);
        this.#best = { code: cloneCode(trial), meanSquare: evaluation.meanSquare };
      }
      this.#update(stage, evaluation.gradients);
      return this.#record(stage.name, adam.learningRate, evaluation);
    } finally {
      disposeCode(trial);
      if (evaluation !== undefined) tf.dispose([evaluation.portrait, ...evaluation.gradients]);
    }
  }

  /** The code with noise on its styles. */
  #explore(t: number): LatentCode {
    const strength = explorationNoise(t, this.#parts.deviation);
    const { styles, noise } = this.#code;
    return {
      styles: tf.tidy(() => {
        const normals = tf.tensor(this.#exploration.normals(styles.size), styles.shape);
        return tf.add(styles, tf.mul(normals, strength)) as tf.Tensor3D;
      }),
      noise: noise.map((map) => tf.clone(map)),
    };
  }

  #update(stage: Stage, gradients: readonly tf.Tensor[]): void {
    const moved = movedPart(this.#code, stage);
    const next = withLatents(moved, this.#adam!.step(latentTensors(moved), gradients));
    if (moved.styles.size === 0) moved.styles.dispose();
    const previous = this.#code;
    const noise = stage.moves.noise ? next.noise : previous.noise;
    this.#code = {
      styles: stage.moves.styles ? next.styles : previous.styles,
      noise: stage.whitens ? noise.map(normalizeNoise) : noise,
    };
    if (stage.moves.styles) previous.styles.dispose();
    if (stage.moves.noise) tf.dispose([...previous.noise]);
    if (stage.whitens) tf.dispose([...noise].filter((map) => !this.#code.noise.includes(map)));
  }

  #record(
    stage: InversionStep['stage'],
    learningRate: number,
    { losses, total, meanSquare }: InversionEvaluation,
  ): InversionStep {
    const step = this.#history.length;
    const { steps } = this;
    this.#seconds = (performance.now() - this.#began) / 1000;
    const record: InversionStep = {
      step,
      steps,
      stage,
      losses,
      total,
      psnr: psnrOf(meanSquare),
      learningRate,
      elapsedSeconds: this.#seconds,
      remainingSeconds: (this.#seconds / (step + 1)) * (steps - step),
    };
    this.#history.push(record);
    this.done = step;
    return record;
  }

  /** Whether there is anything to hand over. */
  get started(): boolean {
    return this.#history.length > 0;
  }

  /** @param best the nearest code so far instead of the last one: for runs that were cut short */
  async finish(best = false): Promise<Omit<Inversion, 'warnings'>> {
    const { generator } = this.#parts;
    const chosen = best && this.#best !== undefined ? this.#best.code : this.#code;
    const whole = this.#objective.complete(chosen);
    const complete = cloneCode(whole);
    if (whole.styles !== chosen.styles) whole.styles.dispose();
    let made: tf.Tensor4D | undefined;
    let meanSquare: tf.Scalar | undefined;
    try {
      const synthesized = generator.synthesize(complete);
      made = synthesized;
      meanSquare = tf.tidy(() => this.#loss.meanSquare(synthesized));
      return {
        code: await latentData(complete),
        portrait: await imageAtSource(synthesized, this.#box),
        psnr: psnrOf((await meanSquare.data())[0]!),
        steps: this.done,
        history: this.#history,
        seconds: this.#seconds,
        settings: this.#recorded(),
      };
    } finally {
      made?.dispose();
      meanSquare?.dispose();
      disposeCode(complete);
    }
  }

  dispose(): void {
    tf.dispose([...(this.#moments?.first ?? []), ...(this.#moments?.second ?? [])]);
    this.#loss.dispose();
    this.#adam?.dispose();
    tf.dispose([this.#input, this.#mask]);
    disposeCode(this.#code);
    if (this.#best !== undefined) disposeCode(this.#best.code);
  }
}
