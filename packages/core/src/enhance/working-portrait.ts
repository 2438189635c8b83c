import * as tf from '@tensorflow/tfjs-core';
import {
  contentMask,
  fitLetterbox,
  frameFor,
  intoLetterbox,
  type Letterbox,
  outOfLetterbox,
} from '../imaging/letterbox';
import { resize } from '../ops/resize';
import type { Generator, LatentCode, RasterImage } from '../spec';
import { assertWorkingSizeFits } from './device-limits';
import { disposeCode } from './latent-code';
import { createGenerator, type Parts } from './parts';
import { checkShape, leastCommonMultiple } from './predict-matte';
import { startingLatents } from './starting-latents';
import type { EnhanceOptions } from './types';

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
  readonly #ownsGenerator: boolean;

  private constructor(
    box: Letterbox,
    input: tf.Tensor4D,
    generator: Generator,
    ownsGenerator: boolean,
    startCode: LatentCode,
    startPortrait: tf.Tensor4D,
  ) {
    this.box = box;
    this.input = input;
    this.generator = generator;
    this.#ownsGenerator = ownsGenerator;
    this.startCode = startCode;
    this.startPortrait = startPortrait;
    this.lossSize = [input.shape[1], input.shape[2]];
    this.mask = tf.tidy(() => tf.clone(this.look(contentMask(box))));
  }

  /** A portrait of the generator's size as the losses see it. Differentiable. */
  look(portrait: tf.Tensor4D): tf.Tensor4D {
    return resize(portrait, this.lossSize, 'area');
  }

  /**
   * @param image the photo
   * @param source the same, `[1, H, W, 3]`; not disposed
   * @param sizes longest side for generators of any size, and for the losses of a generator of fixed size, pixels
   * @param warn told when the inversion is poor
   */
  static async create(
    image: RasterImage,
    source: tf.Tensor4D,
    options: EnhanceOptions,
    { reference, trimap }: Parts,
    { workingSize, lossSize }: { workingSize: number; lossSize: number },
    warn: (warning: string) => void,
  ): Promise<WorkingPortrait> {
    const choice = options.generator;
    const multipleOf = leastCommonMultiple(trimap.input.multipleOf, reference.input.multipleOf);
    const max = Math.min(trimap.input.max, reference.input.max);
    const size = [source.shape[1], source.shape[2]] as const;
    let box =
      typeof choice === 'object'
        ? fitLetterbox(size, choice.resolution)
        : frameFor(size, {
            multipleOf: leastCommonMultiple(32, multipleOf),
            min: Math.max(64, trimap.input.min, reference.input.min),
            max: Math.min(workingSize, max),
          });
    assertWorkingSizeFits(box.frame);
    const framed = () => tf.tidy(() => tf.clone(intoLetterbox(source, box)));
    let input = framed();
    let made: Awaited<ReturnType<typeof createGenerator>> | undefined;
    let startCode: LatentCode | undefined;
    let startPortrait: tf.Tensor4D | undefined;
    try {
      made = await createGenerator(choice, input);
      const { generator, owned } = made;
      const [height, width] = generator.resolution;
      if (height !== box.frame[0] || width !== box.frame[1]) {
        // A registered generator of fixed size: letterbox again, for it.
        box = fitLetterbox(size, generator.resolution);
        assertWorkingSizeFits(box.frame);
        input.dispose();
        input = framed();
      }
      startCode = await startingLatents(generator, image, input, options, warn);
      startPortrait = generator.synthesize(startCode);
      checkShape(generator.name, 'a portrait', startPortrait, input.shape);
      const full = input;
      input = resize(full, lossFrame(box.frame, Math.min(lossSize, max), multipleOf), 'area');
      full.dispose();
      return new WorkingPortrait(box, input, generator, owned, startCode, startPortrait);
    } catch (error) {
      input.dispose();
      startPortrait?.dispose?.();
      if (startCode !== undefined) disposeCode(startCode);
      if (made?.owned) made.generator.dispose();
      throw error;
    }
  }

  /**
   * The portrait of a code at the size of the source, `[1, H, W, 3]`: its change added to the source, so that
   * the inversion error cancels and the source keeps its detail, or the generator's picture itself.
   */
  render(code: LatentCode, source: tf.Tensor4D, output: 'residual' | 'generated'): tf.Tensor4D {
    return tf.tidy(() => {
      const portrait = this.generator.synthesize(code);
      const rendered =
        output === 'generated'
          ? outOfLetterbox(portrait, this.box)
          : tf.add(source, outOfLetterbox(tf.sub(portrait, this.startPortrait), this.box));
      return tf.clipByValue(rendered, 0, 1) as tf.Tensor4D;
    });
  }

  dispose(): void {
    tf.dispose([this.input, this.mask, this.startPortrait]);
    disposeCode(this.startCode);
    if (this.#ownsGenerator) this.generator.dispose();
  }
}

/**
 * The size of the losses: the frame, or less with sides that the networks accept. Frames that need no change stay as
 * they are.
 */
function lossFrame(
  [height, width]: readonly [number, number],
  longest: number,
  multipleOf: number,
): [number, number] {
  const scale = Math.min(1, longest / Math.max(height, width));
  const side = (length: number) =>
    Math.max(multipleOf, Math.floor((length * scale) / multipleOf + 1e-9) * multipleOf);
  return scale === 1 ? [height, width] : [side(height), side(width)];
}
