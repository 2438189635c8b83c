import * as tf from '@tensorflow/tfjs-core';
import type {
  FloatImage,
  LatentCode,
  MattingModel,
  PortraitLayers,
  RasterImage,
} from '../contracts';
import { constantPicture, keptPicture } from '../imaging/constant-picture';
import { fittedPhoto } from '../imaging/fit-picture';
import type { Letterbox } from '../imaging/letterbox';
import { opaqueRgb, toFloatImage } from '../imaging/raster';
import { disposeCode } from '../latents/latent-code';
import { MovedLatents } from '../latents/moved-latents';
import { resize } from '../ops/resize';
import { assertPerson } from '../prediction/assert-person';
import type { TrustedTarget } from '../prediction/fixed-target';
import type { Matte } from '../prediction/matte';
import { type Parts, searchedModels } from '../prediction/parts';
import { trueAlphaTensor } from '../prediction/true-alpha';
import { createRandom } from '../random';
import { CompositeInputs } from '../search/composite-inputs';
import { isGuided } from '../search/is-guided';
import { LatentSearch } from '../search/latent-search';
import { leftOutLosses } from '../search/left-out-losses';
import { perceptualView } from '../search/network-views';
import { atAnySize } from './at-any-size';
import { BestStep } from './best-step';
import { psnrWithin, SURE_OF_TARGET } from './do-no-harm';
import { fixedAims } from './fixed-aims';
import { type MatteAndLook, matteAndLook } from './matte-and-look';
import { alphaOfPortrait, assertNetworkSize, matteInFrame } from './network-size';
import type { EnhanceRequest, ResolvedEnhancement } from './options';
import { originalForeground } from './original-foreground';
import { type EndOfRun, type FoundPortrait, resultOfRun } from './result-of-run';
import { RunTarget } from './run-target';
import { SearchedPart } from './searched-part';
import { settingsOfRun } from './settings-of-run';
import { StepRecords } from './step-records';
import type { Enhancement, EnhancementStep, KeptReason } from './types';
import { withinBounds } from './within-bounds';
import { WorkingPortrait } from './working-portrait';

/** State of one enhancement (paper Algorithm 1). Every tensor it holds is freed by `dispose`. */
export class EnhancementRun {
  started = false;
  done = 0;
  readonly #options: EnhanceRequest;
  readonly #resolved: ResolvedEnhancement['settings'];
  readonly #parts: Parts;
  /** RGB, of the depth that it came in. The device holds it only as large as the generator and the networks see it. */
  readonly #source: RasterImage;
  /** What of it is searched. */
  #part: SearchedPart;
  readonly #warnings: string[];
  readonly #warningsWith: ResolvedEnhancement['warningsWith'];
  #working!: WorkingPortrait;
  #moved!: MovedLatents;
  #composite!: CompositeInputs;
  #search!: LatentSearch;
  #records!: StepRecords;
  /** Companions, then judges: who share in the target and in the selection; they take pictures of any size. */
  readonly #others: readonly MattingModel[];
  readonly #targets: RunTarget;
  #target: TrustedTarget | undefined;
  #kept: KeptReason | undefined;
  /** Updates that are made: those asked for, one, or none where the target is not to be believed. */
  #steps = 0;
  #firstMove: LatentCode | undefined;
  readonly #best = new BestStep();
  /** The matte of the photo, and what the networks saw of it, for its cut-out. */
  #original!: MatteAndLook;
  #disposed = false;
  readonly #constants: tf.Tensor[] = [];
  /** The working portrait and the content of its letterbox, at the size of the networks. */
  #networkInput!: tf.Tensor4D;
  #networkMask!: tf.Tensor4D;

  constructor(
    image: RasterImage,
    { request, settings, warnings, warningsWith }: ResolvedEnhancement,
    parts: Parts,
  ) {
    this.#options = request;
    this.#resolved = settings;
    this.#warnings = [...warnings];
    this.#warningsWith = warningsWith;
    this.#parts = { ...parts, companions: parts.companions.map(atAnySize) };
    this.#others = [...this.#parts.companions, ...parts.judges.map(atAnySize)];
    this.#targets = new RunTarget(parts, this.#others, settings.target, request.signal);
    // Transparent pixels are mixed with grey, which whole numbers would round. Kept else: the photo is the caller's, who may
    // use its memory again while this runs.
    const kept = image.channels === 4 ? toFloatImage(image) : keptPicture(image);
    this.#source = constantPicture(opaqueRgb(kept));
    this.#part = SearchedPart.wholeOf(this.#source);
  }

  get aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** Letterbox, generator, inversion, and everything that stays constant over the steps. */
  async start(): Promise<void> {
    assertNetworkSize(this.#resolved, this.#parts);
    const inFrame = this.#resolved.networkSize !== undefined;
    if (!inFrame) await this.#lookAtPhoto();
    this.#options.onPhase?.('invert');
    this.#working = await WorkingPortrait.create(
      this.#part.photo,
      this.#options,
      this.#parts,
      this.#resolved,
      (image, mask, box) => this.#bestMatte(image, mask, box),
      (warning) => this.#warnings.push(warning),
      inFrame ? (input, box) => this.#lookInFrame(input, box) : undefined,
    );
    const { input, mask, generator, fixedSize } = this.#working;
    const needsTrimap = searchedModels(this.#parts).some((model) => model.needsTrimap);
    const models = { needsTrimap, fixedSize, inverts: generator.encode !== undefined };
    this.#warnings.push(...this.#warningsWith(models));
    this.#networkInput = this.#asNetworksSee(input, 'bicubic');
    this.#networkMask = this.#asNetworksSee(mask, 'area');
    this.#target = await this.#makeTarget();
    await this.#openSearch(this.#withinConfidence());
    this.#warnings.push(...leftOutLosses(this.#parts, this.#resolved.weights));
    this.#records = new StepRecords(
      {
        settings: this.#resolved,
        parts: this.#parts,
        others: this.#others,
        target: this.#target,
        mask: this.#networkMask,
        steps: this.#steps,
        startsMoved: this.#firstMove !== undefined,
      },
      this.#best,
    );
    this.started = true;
  }

  /** The matte of all of the photo; where the person is small, that part alone is searched. */
  async #lookAtPhoto(): Promise<void> {
    const { workingSize } = this.#resolved;
    this.#inspect(await matteAndLook(this.#parts, this.#source, workingSize));
    if (!this.#looksCloser()) return;
    this.#part = SearchedPart.personIn(this.#source, this.#original.matte.alpha, workingSize);
  }

  /** The matte as the networks see it in the frame of a generator. */
  async #lookInFrame(input: tf.Tensor4D, box: Letterbox): Promise<void> {
    this.#inspect({ matte: await matteInFrame(this.#parts, this.#resolved, input, box) });
  }

  /** @throws NoPersonError nobody is in the photo, where a result is selected by its matte */
  #inspect(original: MatteAndLook): void {
    this.#original = original;
    const refuses = this.#resolved.select === 'agreement';
    this.#warnings.push(...assertPerson(original.matte, this.#parts, refuses));
  }

  async #openSearch(settings: ResolvedEnhancement['settings']): Promise<void> {
    this.#planSteps(settings.steps);
    const { input, origin, mask, lossSize, generator, startCode } = this.#working;
    const working = this.#working;
    const moved = new MovedLatents(settings.optimize, generator);
    this.#moved = moved;
    const { alphaForForeground, backgrounds } = this.#options;
    const trueAlpha =
      alphaForForeground &&
      this.#keep(trueAlphaTensor(this.#part.of(toFloatImage(alphaForForeground)), lossSize));
    this.#composite = new CompositeInputs(
      this.#parts,
      createRandom(settings.seed),
      lossSize,
      backgrounds,
      trueAlpha,
      {
        fit: settings.fit,
        backgroundEvery: settings.backgroundEvery,
        layers: await this.#fixedLayers(),
        ...(settings.networkSize !== undefined && {
          alphaOf: (portrait) => alphaOfPortrait(this.#parts, settings, portrait),
        }),
      },
    );
    const { perceptual } = this.#parts;
    const aims = fixedAims(
      this.#parts,
      settings,
      this.#networkInput,
      this.#networkMask,
      this.#target,
      (tensor) => this.#keep(tensor),
    );
    const inputFeatures =
      perceptual && this.#keep(tf.tidy(() => perceptual.features(perceptualView(input, settings))));
    this.#search = new LatentSearch({
      inputs: {
        generator,
        moved,
        shown: (portrait) => working.shown(portrait),
        parts: this.#parts,
        options: { ...settings, steps: this.#steps },
        portraits: [{ input, origin, mask, ...aims, inputFeatures, trueAlpha }],
      },
      composites: [this.#composite],
      start: startCode,
      firstMove: this.#firstMove,
      constrain: withinBounds(working, moved, settings),
    });
  }

  /** Latents, generators that were made for the photo and pictures of generators show all of it. */
  #looksCloser(): boolean {
    const { secondLook, output, steps } = this.#resolved;
    const { latents, generator } = this.#options;
    const isFree = latents === undefined && typeof generator !== 'object';
    return secondLook && output === 'residual' && steps > 0 && isFree;
  }

  #keep<T extends tf.Tensor>(tensor: T): T {
    this.#constants.push(tensor);
    return tensor;
  }

  /** At the size of the networks; freed with the constants where that is another than that of the losses. */
  #asNetworksSee(map: tf.Tensor4D, method: 'area' | 'bicubic'): tf.Tensor4D {
    const { networkSize } = this.#resolved;
    if (networkSize === undefined) return map;
    return this.#keep(tf.tidy(() => tf.clone(resize(map, networkSize, method))));
  }

  /** The matte of a step in the frame of the run. */
  async #matteOfCode(code: LatentCode): Promise<Matte> {
    const portrait = tf.tidy(() => {
      const made = this.#working.generator.synthesize(code);
      const seen = this.#working.shown(made);
      return this.#resolved.clipPortrait ? tf.clipByValue(seen, 0, 1) : tf.clone(seen);
    }) as tf.Tensor4D;
    try {
      return await matteInFrame(this.#parts, this.#resolved, portrait, this.#working.box);
    } finally {
      portrait.dispose();
    }
  }

  /** F of the whole run, where it does not follow the portrait. */
  async #fixedLayers(): Promise<PortraitLayers | undefined> {
    const { foregroundFrom, fit } = this.#resolved;
    if (foregroundFrom === 'step' || this.#parts.discriminator === undefined) return undefined;
    const { alphaForForeground, foregroundColors, signal } = this.#options;
    const layers = await originalForeground(
      this.#part.photo,
      this.#parts,
      this.#part.ofMatte(this.#original.matte),
      {
        alphaForForeground: alphaForForeground && this.#part.of(toFloatImage(alphaForForeground)),
        foregroundColors: foregroundColors && this.#part.of(toFloatImage(foregroundColors)),
        signal,
      },
      fit,
      this.#working.lossSize,
    );
    this.#keep(layers.foreground);
    this.#keep(layers.background);
    return layers;
  }

  /** Where a generator knows a start and nothing guides a search from there, the start alone is tried. */
  #planSteps(steps: number): void {
    const { weights } = this.#resolved;
    const { generator } = this.#working;
    this.#firstMove = steps > 0 ? generator.start?.() : undefined;
    this.#steps = steps;
    if (this.#firstMove === undefined || isGuided(this.#parts, weights)) return;
    this.#steps = 1;
    this.#best.acceptAnyGain();
    this.#warnings.push(
      `No loss has a gradient to follow, so only the start of generator "${generator.name}" was tried.`,
    );
  }

  /** What a generator is told of the photo: the fixed target's matte, or the plain one where no step goes towards that. */
  async #bestMatte(image: tf.Tensor4D, mask: tf.Tensor4D, box: Letterbox): Promise<tf.Tensor4D> {
    const { steps, networkSize, fit } = this.#resolved;
    if (steps > 0 || networkSize !== undefined) return (await this.#targets.at(image, mask)).alpha;
    return this.#keep(fittedPhoto(fit, this.#part.of(this.#original.matte.alpha), box));
  }

  /** The fixed target, when the agreement loss or the selection needs it. */
  async #makeTarget(): Promise<TrustedTarget | undefined> {
    const { weights, select, steps } = this.#resolved;
    // It takes a pass for every view, and is what steps go towards.
    if (steps === 0 || (weights.agreement === 0 && select !== 'agreement')) return undefined;
    return this.#targets.at(this.#networkInput, this.#networkMask);
  }

  /** The settings of the search as far as the target is to be believed: no steps, or a smaller change. */
  #withinConfidence(): ResolvedEnhancement['settings'] {
    const settings = this.#resolved;
    if (settings.select !== 'agreement' || this.#target === undefined) return settings;
    const { confidence } = this.#target;
    if (confidence >= SURE_OF_TARGET) {
      return { ...settings, minPsnr: psnrWithin(settings.minPsnr, confidence) };
    }
    if (settings.steps > 0) this.#kept = 'target-unsure';
    return { ...settings, steps: 0 };
  }

  async *steps(): AsyncGenerator<EnhancementStep, void, void> {
    let step = 0;
    for await (const { portraits } of this.#search.steps(this.#options.signal)) {
      const record = await this.#records.record(step, portraits[0], this.#search.code);
      this.done = step++;
      yield record;
    }
  }

  /** The result at the size of the source. */
  async finish(): Promise<Enhancement> {
    const end = await this.#end();
    // A large photo needs the room: nothing below asks for what was searched.
    this.dispose();
    return await resultOfRun(end);
  }

  async #end(): Promise<EndOfRun> {
    const { region } = this.#part;
    const found = await this.#found();
    return {
      source: this.#source,
      parts: this.#parts,
      resolved: this.#resolved,
      original: this.#original,
      ...(found && { found }),
      ...(this.#kept && { kept: this.#kept }),
      ...(region && { region }),
      ...(this.#target && { confidence: this.#target.confidence }),
      history: this.#records.history,
      seconds: this.#records.seconds,
      settings: settingsOfRun(this.#resolved, this.#parts, this.#working),
      warnings: this.#warnings,
    };
  }

  /** The portrait of the best step; undefined where no step is better than the photograph. */
  async #found(): Promise<FoundPortrait | undefined> {
    const { output, steps, networkSize } = this.#resolved;
    const chosen = this.#best.step > 0 ? this.#best.code : undefined;
    if (chosen === undefined && steps > 0) this.#kept ??= 'no-step-nearer';
    if (chosen === undefined && output === 'residual') return undefined;
    const code = chosen ?? this.#best.code ?? this.#search.code;
    return {
      portrait: await this.#render(code),
      bestStep: this.#best.step,
      ...(networkSize !== undefined && { matte: await this.#matteOfCode(code) }),
    };
  }

  async #render(code: LatentCode): Promise<FloatImage> {
    const { output } = this.#resolved;
    const changed = await this.#working.render(code, this.#part.photo, output, this.#resolved);
    return await this.#part.inPhoto(changed, this.#resolved);
  }

  /** What was searched may be let go before the end. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    tf.dispose(this.#constants);
    this.#targets.dispose();
    if (this.#firstMove !== undefined) disposeCode(this.#firstMove);
    this.#search?.dispose();
    this.#composite?.dispose();
    this.#moved?.dispose();
    this.#working?.dispose();
    this.#best.dispose();
  }
}
