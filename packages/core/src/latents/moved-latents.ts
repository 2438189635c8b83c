import * as tf from '@tensorflow/tfjs-core';
import type { Generator, LatentCode } from '../contracts';
import { InvalidOptionError } from '../errors';
import { latentTensors, withLatents } from './latent-code';

/** W+ and noise, or one of them. */
type Part = 'both' | 'styles' | 'noise';

/** The part of a latent code that the optimisation moves: w, n, or both (paper Table III). */
export class MovedLatents {
  readonly #part: Part;
  readonly #none = tf.tensor3d([], [1, 0, 0]);

  /** @throws InvalidOptionError when the generator has no latents of that kind */
  constructor(part: Part, { name, latents }: Generator) {
    const [layers, size] = latents.styles;
    const missing =
      (part === 'styles' && layers * size === 0) ||
      (part === 'noise' && latents.noise.length === 0);
    if (missing) {
      this.#none.dispose();
      throw new InvalidOptionError(
        `Generator "${name}" has no ${part === 'styles' ? 'styles' : 'noise maps'} to optimise.`,
        "Use optimize: 'both', or another generator.",
      );
    }
    this.#part = part;
  }

  /** The code with what stays put left empty. Shares its tensors. */
  of(code: LatentCode): LatentCode {
    return {
      styles: this.#part === 'noise' ? this.#none : code.styles,
      noise: this.#part === 'styles' ? [] : code.noise,
    };
  }

  tensors(code: LatentCode): tf.Tensor[] {
    return latentTensors(this.of(code));
  }

  /** `code` with its moved part replaced. Shares the tensors. */
  replace(code: LatentCode, tensors: readonly tf.Tensor[]): LatentCode {
    const { styles, noise } = withLatents(this.of(code), tensors);
    return {
      styles: this.#part === 'noise' ? code.styles : styles,
      noise: this.#part === 'styles' ? code.noise : noise,
    };
  }

  dispose(): void {
    this.#none.dispose();
  }
}
