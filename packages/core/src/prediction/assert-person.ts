import { NoPersonError } from '../errors';
import { readRows } from '../imaging/picture-rows';
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
 * Refuses a picture without a person, by the rule of `cutOut`. A matting model may be one whose mattes that rule was not
 * made for, or a bad one: where the trimap shows a person, it is heard.
 *
 * @param refuses whether a matte that is no person's ends the run. The loop of the paper, which returns its last step
 * whatever it is, and the authors' programs take what they are given: there it is a warning
 * @returns one sentence where it is unsure, for `warnings`
 * @throws NoPersonError next to nothing is foreground, or neither matte nor trimap is that of a person
 */
export function assertPerson(
  { alpha, trimap }: Pick<Matte, 'alpha' | 'trimap'>,
  { reference }: Pick<Parts, 'reference'>,
  refuses = true,
): string[] {
  const pixels = readRows(alpha);
  assertSomething(pixels, reference.name);
  const confidence = confidenceOf(pixels);
  if (confidence >= SURE) return [];
  if (!refuses || Math.max(confidence, confidenceOf(readRows(trimap))) >= NO_PERSON_BELOW) {
    return [unsureOfPerson(confidence)];
  }
  throw new NoPersonError(
    `The matte of "${reference.name}" is that of no person: confidence ${confidence.toFixed(2)}.`,
    'Use a portrait in which a person fills a good part of the frame, or another model.',
  );
}
