/** Distances to the fixed target: on the portrait, and on its mirror image. */
type Distances = readonly [portrait: number, mirrored: number];

/**
 * The step that comes nearest to the fixed target, by the mean of the two distances. What the user cuts out is the
 * portrait: it may not pay for a gain of its mirror image, so its own distance must be below that of the first step
 * offered, the photograph.
 */
export class NearestStep {
  #least = Number.POSITIVE_INFINITY;
  #start: number | undefined;

  /** `best`: nearest of those offered so far. */
  offer([portrait, mirrored]: Distances): { readonly criterion: number; readonly best: boolean } {
    const criterion = (portrait + mirrored) / 2;
    const first = this.#start === undefined;
    this.#start ??= portrait;
    const best = (first || portrait < this.#start) && criterion < this.#least;
    if (best) this.#least = criterion;
    return { criterion, best };
  }
}
