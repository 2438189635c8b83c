import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import {
  contentMask,
  fitLetterbox,
  frameFor,
  intoLetterbox,
  type Letterbox,
  outOfLetterbox,
} from '../imaging/letterbox';
import type { Generator, LatentCode } from '../spec';
import { assertWorkingSizeFits } from './device-limits';
import { disposeCode } from './latent-code';
import { createGenerator, type Parts } from './parts';
import { checkShape, leastCommonMultiple } from './predict-matte';
import type { EnhanceOptions } from './types';

/**
 * The portrait as the generator sees it: letterboxed to its size, inverted into its latent space. Frees what
 * it holds with `dispose`.
 */
export class WorkingPortrait {
  readonly box: Letterbox;
  readonly generator: Generator;
  /** The letterboxed source, `[1, H, W, 3]`. */
  readonly input: tf.Tensor4D;
  /** 1 on the content of the letterbox, 0 on its border, `[1, H, W, 1]`. */
  readonly mask: tf.Tensor4D;
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
    this.mask = contentMask(box);
  }

  /**
   * @param source `[1, H, W, 3]`; not disposed
   * @param workingSize longest side for generators of any size, pixels
   * @param warn told when the inversion is not exact
   */
  static async create(
    source: tf.Tensor4D,
    choice: EnhanceOptions['generator'],
    { reference, trimap }: Parts,
    workingSize: number,
    warn: (warning: string) => void,
  ): Promise<WorkingPortrait> {
    const size = [source.shape[1], source.shape[2]] as const;
    let box =
      typeof choice === 'object'
        ? fitLetterbox(size, choice.resolution)
        : frameFor(size, {
            multipleOf: leastCommonMultiple(
              32,
              leastCommonMultiple(trimap.input.multipleOf, reference.input.multipleOf),
            ),
            min: Math.max(64, trimap.input.min, reference.input.min),
            max: Math.min(workingSize, trimap.input.max, reference.input.max),
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
      startCode = invert(generator, input, warn);
      startPortrait = generator.synthesize(startCode);
      checkShape(generator.name, 'a portrait', startPortrait, input.shape);
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

function invert(
  generator: Generator,
  input: tf.Tensor4D,
  warn: (warning: string) => void,
): LatentCode {
  if (generator.encode !== undefined) return generator.encode(input);
  if (generator.meanLatent !== undefined) {
    warn(
      `Generator "${generator.name}" has no exact inverse and was started from its mean latent.`,
    );
    return generator.meanLatent();
  }
  throw new InvalidOptionError(
    `Generator "${generator.name}" can neither encode a portrait nor give a mean latent.`,
    'Implement encode() or meanLatent().',
  );
}
