import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, LatentCode, MattingModel, RasterImage } from '../contracts';
import { foregroundOf } from '../foreground/foreground-of';
import { clipUnit } from '../imaging/clip-unit';
import { opaqueRgb, readTensor, toFloatImage } from '../imaging/raster';
import { cloneCode, disposeCode } from '../latents/latent-code';
import { MovedLatents } from '../latents/moved-latents';
import type { CompleteTarget, FixedTarget } from '../losses/agreement';
import { psnr } from '../metrics/psnr';
import { psnrOf } from '../metrics/psnr-of';
import { assertPerson } from '../prediction/assert-person';
import type { Matte } from '../prediction/matte';
import { matteOfImage } from '../prediction/matte-of-image';
import type { Parts } from '../prediction/parts';
import { predictMatte } from '../prediction/predict-matte';
import { distancesToTarget, unknownRegion } from '../prediction/predictions-over-views';
import { trueAlphaTensor } from '../prediction/true-alpha';
import { createRandom } from '../random';
import { CompositeInputs } from '../search/composite-inputs';
import { isGuided } from '../search/is-guided';
import { LatentSearch } from '../search/latent-search';
import { leftOutLosses } from '../search/left-out-losses';
import { NearestStep } from '../search/nearest-step';
import type { PortraitEvaluation } from '../search/objective';
import { projectOntoTrustRegion } from '../search/trust-region';
import { atAnySize } from './at-any-size';
import { judgeDistances } from './judge-distances';
import type { EnhanceRequest, ResolvedEnhancement } from './options';
import { RunTarget } from './run-target';
import type { Enhancement, EnhancementSettings, EnhancementStep } from './types';
import { WorkingPortrait } from './working-portrait';

/** State of one enhancement (paper Algorithm 1). Every tensor it holds is freed by `dispose`. */
export class EnhancementRun {
  started = false;
  done = 0;
  readonly #options: EnhanceRequest;
  readonly #resolved: ResolvedEnhancement['settings'];
  readonly #parts: Parts;
  /** RGB. The device holds it only as large as the generator and the networks see it. */
  readonly #source: FloatImage;
  readonly #warnings: string[];
  readonly #history: EnhancementStep[] = [];
  #working!: WorkingPortrait;
  #moved!: MovedLatents;
  #composite!: CompositeInputs;
  #search!: LatentSearch;
  readonly #judges: readonly MattingModel[];
  readonly #targets: RunTarget;
  #target: CompleteTarget | undefined;
  /** Updates that are made: those asked for, or one. */
  #steps = 0;
  #firstMove: LatentCode | undefined;
  #bestCode: LatentCode | undefined;
  #bestStep = 0;
  #nearest = new NearestStep();
  #originalMatte!: Matte;
  #began = 0;
  #seconds = 0;
  readonly #constants: tf.Tensor[] = [];

  constructor(
    image: RasterImage,
    { request, settings, warnings }: ResolvedEnhancement,
    parts: Parts,
  ) {
    this.#options = request;
    this.#resolved = settings;
    this.#warnings = [...warnings];
    this.#parts = parts;
    this.#judges = parts.judges.map(atAnySize);
    this.#targets = new RunTarget(
      { ...parts, judges: this.#judges },
      settings.target,
      request.signal,
    );
    this.#source = opaqueRgb(toFloatImage(image));
  }

  get aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** Letterbox, generator, inversion, and everything that stays constant over the steps. */
  async start(): Promise<void> {
    const resolved = this.#resolved;
    this.#originalMatte = await matteOfImage(this.#parts, this.#source);
    assertPerson(this.#originalMatte, this.#parts.trimap);

    this.#options.onPhase?.('invert');
    this.#working = await WorkingPortrait.create(
      this.#source,
      this.#options,
      this.#parts,
      resolved,
      async (image, mask) => (await this.#targets.at(image, mask)).alpha,
      (warning) => this.#warnings.push(warning),
    );
    const { input, origin, mask, lossSize, generator, startCode } = this.#working;
    this.#planSteps();
    const moved = new MovedLatents(resolved.optimize, generator);
    this.#moved = moved;
    const { alphaForForeground } = this.#options;
    const trueAlpha =
      alphaForForeground && this.#keep(trueAlphaTensor(alphaForForeground, lossSize));
    this.#composite = new CompositeInputs(
      this.#parts,
      createRandom(resolved.seed),
      lossSize,
      this.#options.backgrounds,
      trueAlpha,
    );
    this.#target = await this.#makeTarget();
    const working = this.#working;
    const look = (portrait: tf.Tensor4D) => working.look(portrait);
    const portraitInputs = {
      input,
      origin,
      mask,
      entropyRegion: this.#entropyRegion(),
      target: this.#lossTarget(),
      inputFeatures:
        this.#parts.perceptual === undefined
          ? undefined
          : this.#keep(tf.tidy(() => this.#parts.perceptual!.features(input))),
      trueAlpha,
    };
    this.#search = new LatentSearch({
      inputs: {
        generator,
        moved,
        look,
        parts: this.#parts,
        options: { ...resolved, steps: this.#steps },
        portraits: [portraitInputs],
      },
      composites: [this.#composite],
      start: startCode,
      firstMove: this.#firstMove,
      constrain: async (tensors) => {
        const near = await projectOntoTrustRegion(
          generator.name,
          moved.tensors(startCode),
          (latents) => working.lookFreely(generator.synthesize(moved.replace(startCode, latents))),
          tensors,
          origin,
          resolved.minPsnr,
        );
        try {
          await working.bound(moved.replace(startCode, near), resolved, this.#options.signal);
          return near;
        } catch (error) {
          tf.dispose(near);
          throw error;
        }
      },
    });
    this.#warnings.push(...leftOutLosses(this.#parts, resolved.weights));
    this.#began = performance.now();
    this.started = true;
  }

  #keep<T extends tf.Tensor>(tensor: T): T {
    this.#constants.push(tensor);
    return tensor;
  }

  /** Where a generator knows a start and nothing guides a search from there, the start alone is tried. */
  #planSteps(): void {
    const { steps, weights } = this.#resolved;
    const { generator } = this.#working;
    this.#firstMove = steps > 0 ? generator.start?.() : undefined;
    this.#steps = steps;
    if (this.#firstMove === undefined || isGuided(this.#parts, weights)) return;
    this.#steps = 1;
    this.#nearest = new NearestStep(0);
    this.#warnings.push(
      `No loss has a gradient to follow, so only the start of generator "${generator.name}" was tried.`,
    );
  }

  /** The fixed target, when the agreement loss or the selection needs it. */
  async #makeTarget(): Promise<CompleteTarget | undefined> {
    const { weights, select } = this.#resolved;
    if (weights.agreement === 0 && select !== 'agreement') return undefined;
    const { input, mask } = this.#working;
    return this.#targets.at(input, mask);
  }

  #lossTarget(): FixedTarget | undefined {
    if (this.#target === undefined || this.#resolved.weights.agreement === 0) return undefined;
    const { alpha, classes, region } = this.#target;
    const { needsTrimap, differentiable } = this.#parts.reference;
    // A model that uses no trimap gains nothing from a better one.
    return {
      ...(differentiable === 'image' && { alpha }),
      ...(needsTrimap && { classes }),
      region,
    };
  }

  /** Pixels over which the entropy is averaged. */
  #entropyRegion(): tf.Tensor4D {
    const { input, mask } = this.#working;
    if (this.#resolved.entropyRegion === 'image') return mask;
    return this.#target?.region ?? this.#keep(unknownRegion(this.#parts.trimap, input, mask));
  }

  async *steps(): AsyncGenerator<EnhancementStep, void, void> {
    let step = 0;
    for await (const { portraits } of this.#search.steps(this.#options.signal)) {
      const record = await this.#record(step, portraits[0]);
      this.done = step++;
      yield record;
    }
  }

  async #record(step: number, evaluation: PortraitEvaluation): Promise<EnhancementStep> {
    const { select, selectEvery, previewEvery } = this.#resolved;
    const steps = this.#steps;
    const last = step === steps;
    const isStart = step === 1 && this.#firstMove !== undefined;
    let criterion: number | undefined;
    if (
      this.#target !== undefined &&
      select === 'agreement' &&
      (step % selectEvery === 0 || isStart || last)
    ) {
      const { reference, trimap } = this.#parts;
      const target = this.#target;
      const { mask } = this.#working;
      const seen = evaluation.portrait;
      const both = tf.tidy(() => distancesToTarget(trimap, reference, seen, target, mask));
      const [portrait, mirrored] = await both.data();
      both.dispose();
      const witnesses = await judgeDistances(this.#judges, trimap, seen, target);
      const offer = this.#nearest.offer([portrait, mirrored], witnesses);
      criterion = offer.criterion;
      if (offer.best) this.#keepBest(step);
    } else if (select === 'last') {
      this.#keepBest(step);
    }
    const elapsedSeconds = (performance.now() - this.#began) / 1000;
    this.#seconds = elapsedSeconds;
    const record: EnhancementStep = {
      step,
      steps,
      losses: evaluation.losses,
      total: evaluation.total,
      psnr: psnrOf(evaluation.meanSquaredChange),
      ...(criterion === undefined ? {} : { criterion }),
      best: this.#bestStep,
      elapsedSeconds,
      remainingSeconds: (elapsedSeconds / (step + 1)) * (steps - step),
    };
    this.#history.push(record);
    if (previewEvery === 0 || (step % previewEvery !== 0 && !last)) return record;
    return { ...record, preview: await this.#preview(evaluation) };
  }

  async #preview(evaluation: PortraitEvaluation): Promise<NonNullable<EnhancementStep['preview']>> {
    const { reference, trimap } = this.#parts;
    const alpha =
      evaluation.alpha === undefined
        ? tf.tidy(() => predictMatte(trimap, reference, evaluation.portrait).alpha)
        : tf.clone(evaluation.alpha);
    try {
      return { portrait: await readTensor(evaluation.portrait), alpha: await readTensor(alpha) };
    } finally {
      alpha.dispose();
    }
  }

  #keepBest(step: number): void {
    if (this.#bestCode !== undefined) disposeCode(this.#bestCode);
    this.#bestCode = cloneCode(this.#search.code);
    this.#bestStep = step;
  }

  /** The result at the size of the source. */
  async finish(): Promise<Enhancement> {
    if (this.#bestStep === 0 && this.#resolved.steps > 0) {
      this.#warnings.push(
        'No step came nearer to the fixed target than the photograph: the portrait was left as it is.',
      );
    }
    const { output } = this.#resolved;
    const unchanged = this.#bestStep === 0 || this.#bestCode === undefined;
    const portrait =
      unchanged && output === 'residual'
        ? withinRange(this.#source)
        : await this.#render(this.#bestCode ?? this.#search.code);
    const enhanced = await matteOfImage(this.#parts, portrait);
    return {
      portrait,
      enhanced,
      original: this.#originalMatte,
      // The change is made for the networks and lies on the edges: the colours are the photo's.
      foreground: await foregroundOf(
        this.#parts.foreground,
        output === 'generated' ? portrait : this.#source,
        enhanced.alpha,
      ),
      history: this.#history,
      bestStep: this.#bestStep,
      psnr: psnr(portrait, this.#source),
      seconds: this.#seconds,
      settings: this.#settings(),
      warnings: this.#warnings,
    };
  }

  #render(code: LatentCode): Promise<FloatImage> {
    return this.#working.render(code, this.#source, this.#resolved.output, this.#resolved);
  }

  #settings(): EnhancementSettings {
    const { reference, trimap, discriminator, perceptual, foreground, judges } = this.#parts;
    const { previewEvery: _, ...resolved } = this.#resolved;
    return {
      ...resolved,
      workingSize: this.#working.box.frame,
      lossSize: this.#working.lossSize,
      model: reference.name,
      trimap: trimap.name,
      generator: this.#working.generator.name,
      discriminator: discriminator?.name ?? null,
      perceptual: perceptual?.name ?? null,
      judges: judges.map(({ name }) => name),
      foreground: foreground.name,
      backend: tf.getBackend(),
    };
  }

  dispose(): void {
    tf.dispose(this.#constants);
    this.#targets.dispose();
    if (this.#firstMove !== undefined) disposeCode(this.#firstMove);
    this.#search?.dispose();
    this.#composite?.dispose();
    this.#moved?.dispose();
    this.#working?.dispose();
    if (this.#bestCode !== undefined) disposeCode(this.#bestCode);
  }
}

/** A copy in [0, 1]: the result shares no memory with the caller's photograph. */
function withinRange(image: FloatImage): FloatImage {
  return { ...image, data: image.data.map(clipUnit) };
}
