import * as tf from '@tensorflow/tfjs-core';
import type { MattingModel } from '../contracts';
import { fixedTarget, type TargetKind, type TrustedTarget } from '../prediction/fixed-target';
import type { Parts } from '../prediction/parts';

/**
 * The fixed target of one run: the model's own, or with companions and judges the mean of theirs and the model's, as
 * sure as the model's own. It is made once, when the losses, the selection or a generator first ask for it; for one of
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
    const of = (model: MattingModel) =>
      fixedTarget(this.#kind, trimap, model, image, mask, this.#signal);
    let made = await of(reference);
    for (const [i, other] of this.#others.entries()) {
      made = await withAnother(made, i + 1, () => of(other));
    }
    this.#made.push(made);
    return made;
  }

  dispose(): void {
    for (const made of this.#made) disposeTarget(made);
  }
}

/** The mean matte of `count` models and one more, wherever any of them is in doubt. Consumes `sum`. */
async function withAnother(
  sum: TrustedTarget,
  count: number,
  another: () => Promise<TrustedTarget>,
): Promise<TrustedTarget> {
  try {
    const judged = await another();
    const both = tf.tidy(() => ({
      alpha: tf.div(tf.add(tf.mul(sum.alpha, count), judged.alpha), count + 1) as tf.Tensor4D,
      region: tf.maximum(sum.region, judged.region) as tf.Tensor4D,
      classes: tf.clone(sum.classes),
    }));
    disposeTarget(judged);
    return { ...both, confidence: sum.confidence };
  } finally {
    disposeTarget(sum);
  }
}

function disposeTarget({ alpha, classes, region }: TrustedTarget): void {
  tf.dispose([alpha, classes, region]);
}
