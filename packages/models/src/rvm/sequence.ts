import { InvalidImageError } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import type { RvmState } from './decoder';

/** What a sequence asks of its network. */
interface FrameNetwork {
  matte(
    frame: tf.Tensor4D,
    state?: RvmState,
  ): {
    readonly foreground: tf.Tensor4D;
    readonly alpha: tf.Tensor4D;
    readonly state: RvmState;
  };
}

/**
 * A video, one frame after the other. The network remembers, so that mattes are steady and better than those of
 * the frames alone.
 *
 * ```ts
 * const sequence = rvm.sequence();
 * for await (const frame of frames) {
 *   const { foreground, alpha } = sequence.next(frame);
 *   …
 *   tf.dispose([foreground, alpha]);
 * }
 * sequence.dispose();
 * ```
 */
export class RvmSequence {
  readonly #network: FrameNetwork;
  #state: RvmState | undefined;
  #size = '';

  constructor(network: FrameNetwork) {
    this.#network = network;
  }

  /**
   * The matte of the next frame. Gradients flow to the frame, not to those before it.
   *
   * @param frame RGB `[N, H, W, 3]` in [0, 1], all of one size
   * @returns foreground `[N, H, W, 3]` and alpha `[N, H, W, 1]`, owned by the caller
   * @throws InvalidImageError for a frame of another size; {@link reset} first
   */
  next(frame: tf.Tensor4D): { foreground: tf.Tensor4D; alpha: tf.Tensor4D } {
    const size = frame.shape.join('×');
    if (this.#state !== undefined && size !== this.#size) {
      throw new InvalidImageError(
        `The frame is ${size}, those before were ${this.#size}.`,
        'Resize the frames of a video to one size, or call reset() where another video begins.',
      );
    }
    const { foreground, alpha, state } = this.#network.matte(frame, this.#state);
    this.reset();
    for (const map of state) tf.keep(map);
    this.#state = state;
    this.#size = size;
    return { foreground, alpha };
  }

  /** Forgets the frames so far. */
  reset(): void {
    if (this.#state !== undefined) tf.dispose([...this.#state]);
    this.#state = undefined;
  }

  dispose(): void {
    this.reset();
  }
}
