import { NoPersonError } from '../errors';
import type { Matte } from './matte';
import type { Parts } from './parts';
import {
  assertSomething,
  confidenceOf,
  NO_PERSON_BELOW,
  SURE,
  unsureOfPerson,
} from './person-confidence';

/**
 * Refuses a picture without a person, by the rule of `cutOut`.
 *
 * @returns one sentence where it is unsure, for `warnings`
 * @throws NoPersonError next to nothing is foreground, or the matte is none of a person
 */
export function assertPerson({ alpha }: Matte, { reference }: Pick<Parts, 'reference'>): string[] {
  assertSomething(alpha, reference.name);
  const confidence = confidenceOf(alpha);
  if (confidence >= SURE) return [];
  if (confidence >= NO_PERSON_BELOW) return [unsureOfPerson(confidence)];
  throw new NoPersonError(
    `The matte of "${reference.name}" is that of no person: confidence ${confidence.toFixed(2)}.`,
    'Use a portrait in which a person fills a good part of the frame, or another model.',
  );
}
