import type * as tf from '@tensorflow/tfjs-core';
import type { MattingModel } from '../contracts';
import { consensus } from '../prediction/consensus';
import {
  disposeTarget,
  fixedMatte,
  fixedTarget,
  type TargetKind,
  type TrustedMatte,
  type TrustedTarget,
} from '../prediction/fixed-target';
import type { Parts } from '../prediction/parts';

/**
 * The fixed target of one run: the model's own, or with companions and judges the consensus of all. It is made once, when the losses, the selection or a generator first ask for it; for one of
 * another size than the losses', twice. Frees it with `dispose`.
 */
export class RunTarget {
  readonly #parts: Pick<Parts, 'reference' | 'trimap'>;
  readonly #others: readonly MattingModel[];
  readonly #kind: TargetKind;
  readonly #signal: AbortSignal | undefined;
  readonly #made: TrustedTarget[] = [];

  /** @param others that share in the target; they take pictures of any size */
  constructor(
    parts: Pick<Parts, 'reference' | 'trimap'>,
    others: readonly MattingModel[],
    kind: TargetKind,
    signal: AbortSignal | undefined,
  ) {
    this.#parts = parts;
    this.#others = others;
    this.#kind = kind;
    this.#signal = signal;
  }

  /**
   * @param image `[1, H, W, 3]`, the photo. @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
   * @returns tensors owned by this
   * @throws AbortedError the signal fired
   */
  async at(image: tf.Tensor4D, mask: tf.Tensor4D): Promise<TrustedTarget> {
    const [, height, width] = image.shape;
    const known = this.#made.find(
      ({ alpha }) => alpha.shape[1] === height && alpha.shape[2] === width,
    );
    if (known !== undefined) return known;
    const { reference, trimap } = this.#parts;
    const target = (model: MattingModel) =>
      fixedTarget(this.#kind, trimap, model, image, mask, this.#signal);
    const own = await target(reference);
    const rest: TrustedMatte[] = [];
    try {
      for (const model of this.#others) {
        // The classes of the consensus are the first model's: nobody reads those of the others.
        const alone = this.#kind === 'refined' && !model.needsTrimap;
        rest.push(await (alone ? fixedMatte(model, image, mask, this.#signal) : target(model)));
      }
      const made = await consensus(own, rest, mask);
      this.#made.push(made);
      return made;
    } finally {
      for (const each of [own, ...rest]) disposeTarget(each);
    }
  }

  dispose(): void {
    for (const made of this.#made) disposeTarget(made);
  }
}
