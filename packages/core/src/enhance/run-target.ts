import * as tf from '@tensorflow/tfjs-core';
import { type FixedTarget, fixedTarget, type TargetKind } from '../prediction/fixed-target';
import type { Parts } from '../prediction/parts';

/**
 * The fixed target of one run. It is made once, when the losses, the selection or a generator first ask for it; for a
 * generator of another size than the losses', twice. Frees it with `dispose`.
 */
export class RunTarget {
  readonly #parts: Pick<Parts, 'reference' | 'trimap'>;
  readonly #kind: TargetKind;
  readonly #signal: AbortSignal | undefined;
  readonly #made: FixedTarget[] = [];

  constructor(
    parts: Pick<Parts, 'reference' | 'trimap'>,
    kind: TargetKind,
    signal: AbortSignal | undefined,
  ) {
    this.#parts = parts;
    this.#kind = kind;
    this.#signal = signal;
  }

  /**
   * @param image `[1, H, W, 3]`, the photo. @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
   * @returns tensors owned by this
   * @throws AbortedError the signal fired
   */
  async at(image: tf.Tensor4D, mask: tf.Tensor4D): Promise<FixedTarget> {
    const [, height, width] = image.shape;
    const known = this.#made.find(
      ({ alpha }) => alpha.shape[1] === height && alpha.shape[2] === width,
    );
    if (known !== undefined) return known;
    const { reference, trimap } = this.#parts;
    const made = await fixedTarget(this.#kind, trimap, reference, image, mask, this.#signal);
    this.#made.push(made);
    return made;
  }

  dispose(): void {
    for (const { alpha, classes, region } of this.#made) tf.dispose([alpha, classes, region]);
  }
}
