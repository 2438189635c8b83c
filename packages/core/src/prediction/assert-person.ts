import type { TrimapModel } from '../contracts';
import { NoPersonError } from '../errors';
import type { Matte } from './matte';

/** A picture with a smaller share of sure foreground has no person in it. */
const MIN_FOREGROUND = 0.005;

/** @throws NoPersonError when there is no foreground */
export function assertPerson({ trimap }: Matte, model: TrimapModel): void {
  let count = 0;
  for (const value of trimap.data) if (value === 1) count++;
  const share = count / trimap.data.length;
  if (share >= MIN_FOREGROUND) return;
  throw new NoPersonError(
    `The trimap model "${model.name}" sees no person: ${(share * 100).toFixed(2)} % of the picture is foreground.`,
    'Use a portrait in which a person fills a good part of the frame, or another trimap model.',
  );
}
