import { manyTimes } from '../ops/network-passes';

/** From so many steps on it pays to have the networks compiled, where the backend can: a second or more, for a seventh of one a step. */
const LEAST_STEPS = 10;

/**
 * What a search asks its networks, at each step the same: see {@link manyTimes}.
 *
 * @param steps of the search
 */
export const askInSearch = <T>(steps: number, of: 'gradient' | 'value', ask: () => T): T =>
  steps >= LEAST_STEPS ? manyTimes(of, ask) : ask();
