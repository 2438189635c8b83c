import type { LatentCode } from '../contracts';
import { cloneCode, disposeCode } from '../latents/latent-code';
import { NearestStep } from '../search/nearest-step';

/** The step that is returned, as far as the search has come. Frees its code with `dispose`. */
export class BestStep {
  /** 0 = the portrait before the first update. */
  step = 0;
  #code: LatentCode | undefined;
  #nearest = new NearestStep();

  /** The latents of the step; undefined before one was kept. */
  get code(): LatentCode | undefined {
    return this.#code;
  }

  /** From now on any step that is nearer counts, by however little: there will be one alone. */
  acceptAnyGain(): void {
    this.#nearest = new NearestStep(0);
  }

  /** Keeps a step that is nearer to the target than those before. @returns its criterion, see {@link NearestStep} */
  offer(step: number, code: LatentCode, ...distances: Parameters<NearestStep['offer']>): number {
    const { criterion, best } = this.#nearest.offer(...distances);
    if (best) this.keep(step, code);
    return criterion;
  }

  /** @param code is copied */
  keep(step: number, code: LatentCode): void {
    this.dispose();
    this.#code = cloneCode(code);
    this.step = step;
  }

  dispose(): void {
    if (this.#code !== undefined) disposeCode(this.#code);
    this.#code = undefined;
  }
}
