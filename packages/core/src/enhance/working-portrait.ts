import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, Generator, GeneratorChoice, LatentCode, RasterImage } from '../contracts';
import { clipUnit } from '../imaging/clip-unit';
import { fitBox, fittedPhoto } from '../imaging/fit-picture';
import { imageAtSource, sourceRows } from '../imaging/image-letterbox';
import { contentMask, type Letterbox } from '../imaging/letterbox';
import { changedRows, clippedRows, pictureOfRows, rowsOf } from '../imaging/picture-rows';
import { sameValues } from '../imaging/same-values';
import { disposeCode } from '../latents/latent-code';
import { resize } from '../ops/resize';
import { assertWorkingSizeFits } from '../prediction/device-limits';
import { lossFrame } from '../prediction/loss-frame';
import { createGenerator, type Parts } from '../prediction/parts';
import { checkShape, workingFrame } from '../prediction/predict-matte';
import { boundedChange, type ChangeBounds, hasBounds } from '../search/bound-change';
import { boundValues } from '../search/bound-values';
import { type SearchSettings, searchOptions } from '../search/options';
import { defaultOf } from '../search/settle-options';
import type { EnhanceRequest } from './options';
import { startingLatents } from './starting-latents';

/** Bounds that differ from place to place. */
type LocalBounds = Omit<ChangeBounds, 'minPsnr'>;

/** Whether {@link WorkingPortrait.bound} has anything to do. */
export const hasLocalBounds = ({ maxBlockShift, maxColorDifference }: LocalBounds): boolean =>
  hasBounds({ maxBlockShift, maxColorDifference, minPsnr: 0 });

/**
 * The portrait as the generator sees it: letterboxed to its size, inverted into its latent space. Frees what
 * it holds with `dispose`.
 */
export class WorkingPortrait {
  readonly box: Letterbox;
  readonly generator: Generator;
  /** The letterboxed source, `[1, H, W, 3]`, at the size of the losses. */
  readonly input: tf.Tensor4D;
  /** 1 on the content of the letterbox, 0 on its border, `[1, H, W, 1]`, at the size of the losses. */
  readonly mask: tf.Tensor4D;
  /** Size at which the losses look, `[height, width]`. */
  readonly lossSize: readonly [number, number];
  /** `(w_o, n_o)` of Algorithm 1. */
  readonly startCode: LatentCode;
  /** `G(w_o, n_o)`, `[1, H, W, 3]`. */
  readonly startPortrait: tf.Tensor4D;
  /**
   * Where the search starts, as the losses see it, `[1, H, W, 3]`: what a change is measured from. The source itself,
   * unless the generator's own picture is the output, which an inversion may have left far from it.
   */
  readonly origin: tf.Tensor4D;
  /** The generator brings its own size: `workingSize` does not decide it. */
  readonly fixedSize: boolean;
  readonly #ownsGenerator: boolean;
  /** What the inversion missed, at the size of the losses; absent when that is nothing, or the generator's picture the output. */
  readonly #inversionError: tf.Tensor4D | undefined;
  /** Values of {@link origin}, once they are asked for. */
  #originValues: Float32Array | undefined;
  /** What the local bounds take back of the change at hand, at the size of the losses. */
  #takenBack: tf.Tensor4D | undefined;

  private constructor(
    box: Letterbox,
    input: tf.Tensor4D,
    generator: Generator,
    ownsGenerator: boolean,
    startCode: LatentCode,
    startPortrait: tf.Tensor4D,
    output: 'residual' | 'generated',
    fixedSize: boolean,
    inverts: boolean,
  ) {
    this.box = box;
    this.fixedSize = fixedSize;
    this.input = input;
    this.generator = generator;
    this.#ownsGenerator = ownsGenerator;
    this.startCode = startCode;
    this.startPortrait = startPortrait;
    this.lossSize = [input.shape[1], input.shape[2]];
    this.mask = tf.tidy(() => tf.clone(resize(contentMask(box), this.lossSize, 'area')));
    this.#inversionError =
      output === 'generated' || inverts
        ? undefined
        : tf.tidy(() => tf.sub(input, resize(startPortrait, this.lossSize, 'area')) as tf.Tensor4D);
    this.origin =
      output === 'generated'
        ? tf.tidy(
            () => tf.clipByValue(resize(startPortrait, this.lossSize, 'area'), 0, 1) as tf.Tensor4D,
          )
        : tf.clone(input);
  }

  /**
   * A portrait of the generator's size as the losses see it: as {@link render} will show it, so that the search judges
   * what the user gets and begins at the photo, however poor the inversion. Without what the local bounds took back when
   * {@link bound} last saw a code. Not clipped. Differentiable.
   */
  shown(portrait: tf.Tensor4D): tf.Tensor4D {
    const seen = this.shownFreely(portrait);
    return this.#takenBack === undefined ? seen : tf.sub(seen, this.#takenBack);
  }

  /** {@link shown} without local bounds. */
  shownFreely(portrait: tf.Tensor4D): tf.Tensor4D {
    const seen = resize(portrait, this.lossSize, 'area');
    return this.#inversionError === undefined ? seen : tf.add(seen, this.#inversionError);
  }

  /**
   * Finds what the local bounds take back of a change; {@link shown} shows the rest until the next call.
   *
   * @param free the portrait by {@link shownFreely}, with its values
   */
  async bound(
    free: { readonly tensor: tf.Tensor4D; readonly values: Float32Array },
    { maxBlockShift, maxColorDifference }: LocalBounds,
  ): Promise<void> {
    const bounds = { maxBlockShift, maxColorDifference, minPsnr: 0 };
    this.#originValues ??= Float32Array.from(await this.origin.data());
    const changed = new Float32Array(free.values.length);
    for (let i = 0; i < changed.length; i++) changed[i] = clipUnit(free.values[i]);
    const isWhole = !boundValues(this.#originValues, changed, this.lossSize[1], bounds);
    // Of what is not clipped: what lies beyond the range must not fill what was taken back. Where the bounds took nothing,
    // nothing has to go back to the device.
    const kept = tf.tidy(() => {
      const { tensor } = free;
      const allowed = isWhole ? tf.clipByValue(tensor, 0, 1) : tf.tensor4d(changed, tensor.shape);
      return tf.sub(tensor, allowed) as tf.Tensor4D;
    });
    this.#takenBack?.dispose();
    this.#takenBack = kept;
  }

  /**
   * @param source the photo, RGB
   * @param matteOf the best matte known of the letterboxed photo, for generators that ask for one; given with its mask and
   *   frame
   * @param warn told when the inversion is poor
   * @param inspect is shown the input in the generator's frame before anything is inverted
   */
  static async create(
    source: RasterImage,
    options: EnhanceRequest,
    { reference, trimap }: Parts,
    settings: SearchSettings,
    matteOf: (image: tf.Tensor4D, mask: tf.Tensor4D, box: Letterbox) => Promise<tf.Tensor4D>,
    warn: (warning: string) => void,
    inspect?: (input: tf.Tensor4D, box: Letterbox) => Promise<void>,
  ): Promise<WorkingPortrait> {
    const choice =
      options.generator ??
      (defaultOf(searchOptions.generator, settings.preset) as GeneratorChoice | undefined);
    const size = [source.height, source.width] as const;
    const { fit, lossSize, output } = settings;
    const frame =
      typeof choice === 'object'
        ? choice.resolution
        : workingFrame(size, trimap, reference, settings.workingSize).frame;
    let box = fitBox(fit, size, frame);
    let fixedSize = typeof choice === 'object';
    assertWorkingSizeFits(box.frame);
    const framed = () => fittedPhoto(fit, source, box);
    let input = framed();
    let made: Awaited<ReturnType<typeof createGenerator>> | undefined;
    let startCode: LatentCode | undefined;
    let startPortrait: tf.Tensor4D | undefined;
    try {
      made = await createGenerator(choice, () => ({
        image: input,
        matte: async () => {
          const mask = contentMask(box);
          try {
            return await matteOf(input, mask, box);
          } finally {
            mask.dispose();
          }
        },
      }));
      const { generator, owned } = made;
      const [height, width] = generator.resolution;
      if (height !== box.frame[0] || width !== box.frame[1]) {
        // A registered generator of fixed size: letterbox again, for it.
        fixedSize = true;
        box = fitBox(fit, size, generator.resolution);
        assertWorkingSizeFits(box.frame);
        input.dispose();
        input = framed();
      }
      await inspect?.(input, box);
      startCode = await startingLatents(generator, source, input, options, settings, warn);
      startPortrait = generator.synthesize(startCode);
      checkShape(generator.name, 'a portrait', startPortrait, input.shape);
      // Whether the generator shows the very picture.
      const inverts = sameValues(await input.data(), await startPortrait.data());
      const full = input;
      const networks = settings.networkSize === undefined ? { reference, trimap } : undefined;
      input = resize(full, lossFrame(box.frame, networks, lossSize), 'area');
      full.dispose();
      return new WorkingPortrait(
        box,
        input,
        generator,
        owned,
        startCode,
        startPortrait,
        output,
        fixedSize,
        inverts,
      );
    } catch (error) {
      input.dispose();
      startPortrait?.dispose?.();
      if (startCode !== undefined) disposeCode(startCode);
      if (made?.owned) made.generator.dispose();
      throw error;
    }
  }

  /**
   * The portrait of a code at the size of the source, in [0, 1]: its change added to the source, so that the
   * inversion error cancels and the source keeps its detail, or the generator's picture itself. It keeps the bounds: of
   * its distance to the source, or to the generator's picture at the start. Its pixels are made when they are read, and so
   * is the source then.
   */
  async render(
    code: LatentCode,
    source: RasterImage,
    output: 'residual' | 'generated',
    bounds: ChangeBounds,
  ): Promise<FloatImage> {
    const shown = tf.tidy(() => {
      const portrait = this.generator.synthesize(code);
      return output === 'generated' ? portrait : tf.sub(portrait, this.startPortrait);
    }) as tf.Tensor4D;
    try {
      const resized = await sourceRows(shown, this.box);
      const generated = output === 'generated';
      const { width, height } = source;
      const base = rowsOf(generated ? await this.#startAtSource() : source);
      const free = generated
        ? clippedRows({ width, height, channels: 3, rows: resized })
        : changedRows(source, resized);
      return pictureOfRows(await boundedChange(base, free, bounds));
    } finally {
      shown.dispose();
    }
  }

  async #startAtSource(): Promise<FloatImage> {
    return await imageAtSource(this.startPortrait, this.box);
  }

  dispose(): void {
    tf.dispose([this.input, this.origin, this.mask, this.startPortrait]);
    this.#inversionError?.dispose();
    this.#takenBack?.dispose();
    disposeCode(this.startCode);
    if (this.#ownsGenerator) this.generator.dispose();
  }
}
