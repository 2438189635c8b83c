/** Distances to the fixed target: on the portrait, and on its mirror image. */
type Distances = readonly [portrait: number, mirrored: number];

/**
 * Share of the distance that a step must take away to be worth a changed photo. On 13 held-out photographs the last of 20
 * steps came nearer by 7 % or more, and none raised SAD by more than 1 %; of 18 runs with networks of other people, the
 * two that came nearer by 0.1 % and 0.8 % raised SAD by 21 % (docs/evaluate.md).
 */
const LEAST_GAIN = 0.02;

/** Share of a model's distance that another one may lose. Chosen on 17 held-out pictures, see docs/models.md. */
const TOLERATED_LOSS = 0.05;

/**
 * How much farther a witness may be than on the photograph. With d the distance of the model that the change is made for, and
 * dᵢ that of the witness, both on the photograph,
 *
 *     0.05 · d · d / (d + dᵢ)
 *
 * One that made most of the target is next to it from the start: any change is a loss to it, and a share of its own distance
 * would leave half of all photos as they are. One that is farther away than the model knows less, and is allowed less.
 */
const toleratedLoss = (portrait: number, witness: number): number =>
  (TOLERATED_LOSS * portrait * portrait) / (portrait + witness);

/**
 * The step that comes nearest to the fixed target, by the mean of the two distances. What the user cuts out is the
 * portrait: it may not pay for a gain of its mirror image, so its own distance must be below that of the first step
 * offered, the photograph.
 */
export class NearestStep {
  #least = Number.POSITIVE_INFINITY;
  readonly #leastGain: number;
  #start:
    | {
        readonly portrait: number;
        readonly criterion: number;
        readonly witnesses: readonly number[];
      }
    | undefined;

  /** @param leastGain share of the distance that must go; 0 where no gradient was followed, so that none was fooled */
  constructor(leastGain = LEAST_GAIN) {
    this.#leastGain = leastGain;
  }

  /**
   * `best`: nearest of those offered so far.
   * @param witnesses distances of other models on the portrait; `criterion` is the mean over all models, and none of them
   *   may be farther than it was on the photograph by more than {@link toleratedLoss}
   */
  offer(
    [portrait, mirrored]: Distances,
    witnesses: readonly number[] = [],
  ): { readonly criterion: number; readonly best: boolean } {
    const sum = witnesses.reduce((total, distance) => total + distance, (portrait + mirrored) / 2);
    const criterion = sum / (1 + witnesses.length);
    const first = this.#start === undefined;
    this.#start ??= { portrait, criterion, witnesses };
    const start = this.#start;
    const gains =
      portrait < start.portrait &&
      criterion < (1 - this.#leastGain) * start.criterion &&
      witnesses.every((distance, i) => {
        const known = start.witnesses[i];
        return distance - known <= toleratedLoss(start.portrait, known);
      });
    const best = (first || gains) && criterion < this.#least;
    if (best) this.#least = criterion;
    return { criterion, best };
  }
}
