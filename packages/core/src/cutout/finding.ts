import { SURE, unsureOfPerson } from '../prediction/person-confidence';
import type { QuarterTurns } from './quarter-turn';
import type { MatteResult } from './types';

const DEGREES = [0, 90, 180, 270] as const;

/** What a user is told of how a person was found. @param turns by which the photo was turned for the networks */
export function findingOf(
  confidence: number,
  turns: QuarterTurns = 0,
): Pick<MatteResult, 'confidence' | 'turned' | 'warnings'> {
  const turned = DEGREES[turns];
  return {
    confidence,
    turned,
    warnings: [
      ...(turned === 0 ? [] : [foundTurned(turned)]),
      ...(confidence < SURE ? [unsureOfPerson(confidence)] : []),
    ],
  };
}

const foundTurned = (degrees: number): string =>
  `The person was found with the photo turned by ${degrees} degrees clockwise: it may lie on its side, or the person does.`;
