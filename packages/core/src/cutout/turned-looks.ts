import type { QuarterTurns } from './quarter-turn';

/** How a photo is shown where nobody was found in it as it is. */
export const OTHER_TURNS: readonly QuarterTurns[] = [1, 2, 3];

/**
 * A person found with this confidence is not looked for any further, and what is found with less in a turned photo is nobody.
 * Chosen, as {@link MARGIN}, on 173 held-out photographs as they are and turned (docs/models.md).
 */
const FOUND = 0.8;
/** By how much the log-odds of the confidence must rise for a turned photo to be believed: nearly all photos are upright. */
const MARGIN = 1;

/** Whether to show the networks the photo on its sides and on its head. @param confidence of the photo as it is */
export const mayBeTurned = (confidence: number): boolean => confidence < FOUND;

/** Whether the person is found in the turned photo rather than in the photo as it is. Both are confidences. */
export const isFoundTurned = (turned: number, asItIs: number): boolean =>
  turned >= FOUND && logOdds(turned) - logOdds(asItIs) >= MARGIN;

const logOdds = (confidence: number): number => {
  // 0 and 1 have none that is finite.
  const bounded = Math.min(Math.max(confidence, 1e-6), 1 - 1e-6);
  return Math.log(bounded / (1 - bounded));
};
