import * as tf from '@tensorflow/tfjs-core';
import {
  AbortedError,
  ImageTooLargeError,
  ImageTooSmallError,
  InvalidOptionError,
  NoPersonError,
} from '../errors';
import { randomBackground } from '../imaging/backgrounds';
import {
  contentMask,
  fitLetterbox,
  frameFor,
  intoLetterbox,
  type Letterbox,
  outOfLetterbox,
} from '../imaging/letterbox';
import { assertRaster, readTensor, rgbTensor } from '../imaging/raster';
import type { AgreementTarget } from '../losses/agreement';
import { entropyLoss } from '../losses/entropy';
import { Adam } from '../optimizer/adam';
import { createRandom, type Random } from '../random';
import type { Generator, LatentCode, PortraitLayers, RasterImage } from '../spec';
import { agreementTarget, disagreement } from './augmented-predictions';
import {
  type Evaluation,
  evaluateObjective,
  latentTensors,
  type ObjectiveInputs,
  withLatents,
} from './objective';
import { createGenerator, createParts, type Parts } from './parts';
import {
  assertFinite,
  checkShape,
  leastCommonMultiple,
  type MatteTensors,
  predictMatte,
} from './predict-matte';
import { psnrOf } from './psnr-of';
import { type ResolvedOptions, resolveOptions } from './settings';
import { projectOntoTrustRegion } from './trust-region';
import type {
  Enhancement,
  EnhancementSettings,
  EnhancementStep,
  EnhanceOptions,
  Matte,
} from './types';

/** Below this side a portrait has no matte worth speaking of. */
const MIN_SIDE = 32;
/** Above this the source itself is not loaded: 100 megapixels, 1.2 GB as floats. */
const MAX_PIXELS = 100e6;
/** A picture with a smaller share of sure foreground has no person in it. */
const MIN_FOREGROUND = 0.005;

/**
 * {@link enhancePortrait} step by step (paper Algorithm 1): yields each step and returns the result.
 * Stopping the iteration early frees everything.
 *
 * @throws the errors of {@link enhancePortrait}
 */
export async function* enhancePortraitSteps(
  image: RasterImage,
  options: EnhanceOptions = {},
): AsyncGenerator<EnhancementStep, Enhancement, void> {
  const resolved = resolveOptions(options);
  assertSize(image);
  if (options.signal?.aborted) throw new AbortedError('Cancelled before the start.');
  options.onPhase?.('load');
  const parts = await createParts(options, resolved.weights);
  const run = new Run(image, options, resolved, parts);
  try {
    await run.start();
    options.onPhase?.('optimize');
    for await (const step of run.steps()) {
      // Reads of tensors settle as microtasks on some backends: without this, timers, signals and input
      // handlers would wait for the last step.
      await new Promise((resolve) => setTimeout(resolve));
      yield step;
    }
    options.onPhase?.('finish');
    return await run.finish();
  } catch (error) {
    if (!run.aborted) throw error;
    throw new AbortedError(
      `Cancelled at step ${run.done} of ${resolved.steps}.`,
      run.started ? await run.finish() : undefined,
      { cause: error },
    );
  } finally {
    run.dispose();
    parts.dispose();
  }
}

function assertSize(image: RasterImage): void {
  assertRaster(image);
  const { width, height } = image;
  if (width * height > MAX_PIXELS) {
    throw new ImageTooLargeError(
      `The image is ${width}×${height}, ${Math.round((width * height) / 1e6)} megapixels.`,
      `Scale it below ${MAX_PIXELS / 1e6} megapixels.`,
    );
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new ImageTooSmallError(
      `The image is ${width}×${height}.`,
      `Both sides must be at least ${MIN_SIDE} pixels.`,
    );
  }
}

/** State of one enhancement. Every tensor it holds is freed by `dispose`. */
class Run {
  started = false;
  done = 0;
  readonly #options: EnhanceOptions;
  readonly #resolved: ResolvedOptions;
  readonly #parts: Parts;
  readonly #source: tf.Tensor4D;
  readonly #warnings: string[] = [];
  readonly #history: EnhancementStep[] = [];
  readonly #adam: Adam;
  #random: Random;
  #box!: Letterbox;
  #generator!: Generator;
  #ownsGenerator = false;
  #startCode!: LatentCode;
  #startPortrait!: tf.Tensor4D;
  #inputs!: ObjectiveInputs;
  #code!: LatentCode;
  #bestCode: LatentCode | undefined;
  #bestStep = 0;
  #bestCriterion = Number.POSITIVE_INFINITY;
  #originalMatte!: MatteTensors;
  #layers: PortraitLayers | undefined;
  #backgrounds: tf.Tensor4D[] = [];
  #began = 0;
  #seconds = 0;
  readonly #constants: tf.Tensor[] = [];

  constructor(
    image: RasterImage,
    options: EnhanceOptions,
    resolved: ResolvedOptions,
    parts: Parts,
  ) {
    this.#options = options;
    this.#resolved = resolved;
    this.#parts = parts;
    this.#source = rgbTensor(image);
    this.#adam = new Adam(resolved);
    this.#random = createRandom(resolved.seed);
  }

  get aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** Letterbox, generator, inversion, and everything that stays constant over the steps. */
  async start(): Promise<void> {
    const { reference, trimap } = this.#parts;
    const resolved = this.#resolved;
    this.#originalMatte = predictMatte(trimap, reference, this.#source);
    await this.#checkOriginal();

    const input = await this.#makeGenerator();
    this.#options.onPhase?.('invert');
    this.#startCode = this.#invert(input);
    this.#code = cloneCode(this.#startCode);
    this.#startPortrait = this.#generator.synthesize(this.#startCode);
    checkShape(this.#generator.name, 'a portrait', this.#startPortrait, input.shape);

    const mask = contentMask(this.#box);
    const target = agreementTarget(trimap, reference, input, mask);
    const keep = <T extends tf.Tensor>(tensor: T): T => {
      this.#constants.push(tensor);
      return tensor;
    };
    keep(target.alpha);
    keep(target.classes);
    keep(target.region);
    keep(mask);
    this.#inputs = {
      generator: this.#generator,
      parts: this.#parts,
      options: resolved,
      input,
      mask,
      entropyRegion: resolved.entropyRegion === 'image' ? mask : target.region,
      target: this.#usableTarget(target),
      inputFeatures:
        this.#parts.perceptual === undefined
          ? undefined
          : keep(tf.tidy(() => this.#parts.perceptual!.features(input))),
    };
    this.#prepareBackgrounds();
    this.#explainWhatIsOff();
    this.#began = performance.now();
    this.started = true;
  }

  async #checkOriginal(): Promise<void> {
    const { reference, trimap } = this.#parts;
    await assertFinite(trimap.name, 'logits', this.#originalMatte.logits);
    await assertFinite(reference.name, 'alpha', this.#originalMatte.alpha);
    const share = tf.tidy(() =>
      tf.mean(tf.cast(tf.equal(this.#originalMatte.trimap, 1), 'float32')),
    );
    const [foreground] = await share.data();
    share.dispose();
    if (foreground < MIN_FOREGROUND) {
      throw new NoPersonError(
        `The trimap model "${trimap.name}" sees no person: ${(foreground * 100).toFixed(2)} % of the picture is foreground.`,
        'Use a portrait in which a person fills a good part of the frame, or another trimap model.',
      );
    }
  }

  /** The working portrait, letterboxed to the size of the generator. */
  async #makeGenerator(): Promise<tf.Tensor4D> {
    const { reference, trimap } = this.#parts;
    const { generator: choice } = this.#options;
    const source = [this.#source.shape[1], this.#source.shape[2]] as const;
    this.#box =
      typeof choice === 'object'
        ? fitLetterbox(source, choice.resolution)
        : frameFor(source, {
            multipleOf: leastCommonMultiple(
              32,
              leastCommonMultiple(trimap.input.multipleOf, reference.input.multipleOf),
            ),
            min: Math.max(64, trimap.input.min, reference.input.min),
            max: Math.min(this.#resolved.workingSize, trimap.input.max, reference.input.max),
          });
    const made = await createGenerator(choice, this.#frame());
    this.#generator = made.generator;
    this.#ownsGenerator = made.owned;
    const [height, width] = made.generator.resolution;
    if (height !== this.#box.frame[0] || width !== this.#box.frame[1]) {
      // A registered generator of fixed size: letterbox again, for it.
      this.#box = fitLetterbox(source, made.generator.resolution);
      tf.dispose(this.#constants.splice(0));
      return this.#frame();
    }
    return this.#constants[0] as tf.Tensor4D;
  }

  #frame(): tf.Tensor4D {
    const framed = tf.tidy(() => tf.clone(intoLetterbox(this.#source, this.#box)));
    this.#constants.push(framed);
    return framed;
  }

  #invert(input: tf.Tensor4D): LatentCode {
    const { encode, meanLatent, name } = this.#generator;
    if (encode !== undefined) return encode.call(this.#generator, input);
    if (meanLatent !== undefined) {
      this.#warnings.push(
        `Generator "${name}" has no exact inverse and was started from its mean latent.`,
      );
      return meanLatent.call(this.#generator);
    }
    throw new InvalidOptionError(
      `Generator "${name}" can neither encode a portrait nor give a mean latent.`,
      'Implement encode() or meanLatent().',
    );
  }

  #usableTarget(target: AgreementTarget): AgreementTarget | undefined {
    if (this.#resolved.weights.agreement === 0) return undefined;
    if (this.#parts.reference.differentiable === 'image') return target;
    return { classes: target.classes, region: target.region };
  }

  #prepareBackgrounds(): void {
    if (this.#parts.discriminator === undefined) return;
    const [height, width] = this.#box.frame;
    for (const picture of this.#options.backgrounds ?? []) {
      assertRaster(picture, 'A background');
      this.#backgrounds.push(
        tf.tidy(() =>
          tf.clone(
            intoLetterbox(
              rgbTensor(picture),
              fitLetterbox([picture.height, picture.width], [height, width]),
            ),
          ),
        ),
      );
    }
  }

  #explainWhatIsOff(): void {
    const { reference, trimap } = this.#parts;
    const { weights } = this.#resolved;
    const explain = (name: string, losses: readonly (string | false)[]) => {
      const off = losses.filter((loss) => loss !== false);
      if (off.length === 0) return;
      this.#warnings.push(
        `"${name}" gives no gradient, so ${off.join(' and ')} ${off.length > 1 ? 'were' : 'was'} left out.`,
      );
    };
    if (reference.differentiable === 'none') {
      explain(reference.name, [
        weights.compositional > 0 && 'the compositional loss',
        weights.agreement > 0 && 'the matte in the agreement loss',
      ]);
    }
    if (trimap.differentiable === 'none') {
      explain(trimap.name, [
        weights.entropy > 0 && 'the entropy loss',
        weights.agreement > 0 && 'the agreement loss',
      ]);
    }
  }

  async *steps(): AsyncGenerator<EnhancementStep, void, void> {
    const { steps } = this.#resolved;
    for (let step = 0; step <= steps; step++) {
      this.#options.signal?.throwIfAborted();
      const background = this.#drawBackground();
      let evaluation: Evaluation | undefined;
      try {
        await this.#estimateLayers(step);
        evaluation = await evaluateObjective(
          this.#inputs,
          { background, layers: this.#layers },
          this.#code,
          step < steps,
        );
        const record = await this.#record(step, evaluation);
        if (step < steps) await this.#update(evaluation.gradients);
        this.done = step;
        yield record;
      } finally {
        if (background !== undefined && !this.#backgrounds.includes(background))
          background.dispose();
        if (evaluation !== undefined) {
          tf.dispose(evaluation.gradients);
          evaluation.portrait.dispose();
          evaluation.alpha?.dispose();
        }
      }
    }
  }

  #drawBackground(): tf.Tensor4D | undefined {
    if (this.#parts.discriminator === undefined) return undefined;
    if (this.#backgrounds.length > 0) {
      return this.#backgrounds[this.#random.integer(this.#backgrounds.length)];
    }
    return randomBackground(this.#random, ...this.#box.frame);
  }

  /**
   * Layers for the composite. Estimators without gradient run outside of the tape: F is a constant of the
   * step, estimated from the current portrait (FACTS §8).
   */
  async #estimateLayers(step: number): Promise<void> {
    const { discriminator, foreground, reference, trimap } = this.#parts;
    if (discriminator === undefined || foreground.differentiable === 'image') return;
    // The portrait moves by a fraction of a grey level per step; F follows every fifth step.
    if (step % 5 !== 0 && this.#layers !== undefined) return;
    const { portrait, alpha } = tf.tidy(() => {
      const portrait = tf.clipByValue(this.#generator.synthesize(this.#code), 0, 1) as tf.Tensor4D;
      return { portrait, alpha: predictMatte(trimap, reference, portrait).alpha };
    });
    try {
      const next = await foreground.estimate(portrait, alpha);
      this.#disposeLayers();
      this.#layers = next;
    } finally {
      portrait.dispose();
      alpha.dispose();
    }
  }

  async #record(step: number, evaluation: Evaluation): Promise<EnhancementStep> {
    const { steps, select, selectEvery, previewEvery } = this.#resolved;
    const last = step === steps;
    let criterion: number | undefined;
    if (select === 'agreement' && (step % selectEvery === 0 || last)) {
      const { reference, trimap } = this.#parts;
      const value = tf.tidy(() =>
        disagreement(
          trimap,
          reference,
          tf.clipByValue(evaluation.portrait, 0, 1),
          this.#inputs.target?.region ?? this.#inputs.entropyRegion,
        ),
      );
      [criterion] = await value.data();
      value.dispose();
      if (criterion < this.#bestCriterion) {
        this.#bestCriterion = criterion;
        this.#keepBest(step);
      }
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

  async #preview(evaluation: Evaluation): Promise<NonNullable<EnhancementStep['preview']>> {
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
    this.#bestCode = cloneCode(this.#code);
    this.#bestStep = step;
  }

  async #update(gradients: readonly tf.Tensor[]): Promise<void> {
    const moved = await projectOntoTrustRegion(
      this.#generator,
      this.#startCode,
      this.#adam.step(latentTensors(this.#code), gradients),
      this.#inputs.input,
      this.#resolved.minPsnr,
    );
    const previous = this.#code;
    this.#code = withLatents(previous, moved);
    tf.dispose(latentTensors(previous));
  }

  /** The result at the size of the source. */
  async finish(): Promise<Enhancement> {
    const { reference, trimap, foreground } = this.#parts;
    if (this.#bestStep === 0 && this.#resolved.steps > 0) {
      this.#warnings.push(
        'No step agreed with itself better than the photograph: the portrait was left as it is.',
      );
    }
    const unchanged = this.#bestStep === 0 || this.#bestCode === undefined;
    const portrait = tf.tidy(() =>
      unchanged && this.#resolved.output === 'residual' ? tf.clone(this.#source) : this.#render(),
    );
    let matte: MatteTensors | undefined;
    let layers: PortraitLayers | undefined;
    try {
      matte = predictMatte(trimap, reference, portrait);
      await assertFinite(reference.name, 'alpha', matte.alpha);
      layers = await foreground.estimate(portrait, matte.alpha);
      const change = tf.tidy(() => tf.mean(tf.square(tf.sub(portrait, this.#source))));
      const [meanSquare] = await change.data();
      change.dispose();
      return {
        portrait: await readTensor(portrait),
        enhanced: await readMatte(matte),
        original: await readMatte(this.#originalMatte),
        foreground: await readTensor(layers.foreground),
        history: this.#history,
        bestStep: this.#bestStep,
        psnr: psnrOf(meanSquare),
        seconds: this.#seconds,
        settings: this.#settings(),
        warnings: this.#warnings,
      };
    } finally {
      portrait.dispose();
      if (matte !== undefined) disposeMatte(matte);
      if (layers !== undefined) tf.dispose([layers.foreground, layers.background]);
    }
  }

  /** The best portrait, brought back to the source: its change added to the source, or the picture itself. */
  #render(): tf.Tensor4D {
    const best = this.#generator.synthesize(this.#bestCode ?? this.#code);
    if (this.#resolved.output === 'generated') {
      return tf.clipByValue(outOfLetterbox(best, this.#box), 0, 1) as tf.Tensor4D;
    }
    const change = outOfLetterbox(tf.sub(best, this.#startPortrait), this.#box);
    return tf.clipByValue(tf.add(this.#source, change), 0, 1) as tf.Tensor4D;
  }

  #settings(): EnhancementSettings {
    const { reference, trimap, discriminator, perceptual, foreground } = this.#parts;
    const { previewEvery: _, ...resolved } = this.#resolved;
    return {
      ...resolved,
      workingSize: this.#box.frame,
      reference: reference.name,
      trimap: trimap.name,
      generator: this.#generator.name,
      discriminator: discriminator?.name ?? null,
      perceptual: perceptual?.name ?? null,
      foreground: foreground.name,
      backend: tf.getBackend(),
    };
  }

  #disposeLayers(): void {
    if (this.#layers === undefined) return;
    tf.dispose([this.#layers.foreground, this.#layers.background]);
    this.#layers = undefined;
  }

  dispose(): void {
    this.#source.dispose();
    this.#adam.dispose();
    this.#disposeLayers();
    tf.dispose(this.#backgrounds);
    tf.dispose(this.#constants);
    this.#startPortrait?.dispose();
    for (const code of [this.#startCode, this.#code, this.#bestCode]) {
      if (code !== undefined) disposeCode(code);
    }
    if (this.#originalMatte !== undefined) disposeMatte(this.#originalMatte);
    if (this.#ownsGenerator) this.#generator.dispose();
  }
}

async function readMatte({ alpha, trimap, logits }: MatteTensors): Promise<Matte> {
  const entropy = tf.tidy(() => entropyLoss(logits));
  const [meanEntropy] = await entropy.data();
  entropy.dispose();
  return { alpha: await readTensor(alpha), trimap: await readTensor(trimap), entropy: meanEntropy };
}

function disposeMatte({ alpha, trimap, logits }: MatteTensors): void {
  tf.dispose([alpha, trimap, logits]);
}

function cloneCode(code: LatentCode): LatentCode {
  return { styles: tf.clone(code.styles), noise: code.noise.map((map) => tf.clone(map)) };
}

function disposeCode(code: LatentCode): void {
  tf.dispose([code.styles, ...code.noise]);
}
