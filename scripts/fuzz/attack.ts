import { createRandom, LatentMatteError } from '@latent-matte/core';
import { mutate } from './mutate';
import type { Target } from './target';
import { targets } from './targets';

/** What the process under attack says. */
export type Message =
  /** Input `at` is about to be read. */
  | { readonly at: number }
  /** It ended in an error without a code. */
  | { readonly at: number; readonly error: string };

/** The input of that number: the same wherever and whenever it is made. Those of the corpus come first. */
export function inputOf(
  corpus: readonly Uint8Array[],
  target: string,
  seed: number,
  at: number,
): Uint8Array {
  if (at < corpus.length) return corpus[at]!.slice();
  const random = createRandom(seed).fork(`${target}/${at}`);
  const pick = () => corpus[random.integer(corpus.length)]!;
  return mutate(pick(), pick(), random);
}

/** An error that says by its code what is wrong with the input. */
export const isTold = (error: unknown): boolean =>
  LatentMatteError.isInstance(error) ||
  // Of serve: the codes of docs/errors.md.
  (error instanceof Error && typeof (error as { status?: unknown }).status === 'number');

export function targetOf(name: string): Target {
  const found = targets.find((target) => target.name === name);
  if (found === undefined) throw new Error(`There is no target "${name}".`);
  return found;
}

/** Reads inputs from number `first` on until the process is ended, or one ends in an error without a code. */
export async function attack(
  name: string,
  seed: number,
  first: number,
  send: (message: Message) => void,
): Promise<void> {
  const target = targetOf(name);
  const corpus = await target.corpus();
  for (let at = first; ; at++) {
    const bytes = inputOf(corpus, name, seed, at);
    send({ at });
    try {
      await target.run(bytes);
    } catch (error) {
      if (!isTold(error)) {
        send({
          at,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        return;
      }
    }
    // Messages go out, and what was left to the event loop fails here; after refusals too, or a target that refuses
    // nearly everything would seem to stand still.
    if (at % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
