import type { FloatImage, MattingModel } from '../contracts';
import { InvalidOptionError } from '../errors';
import { matteOfImage } from '../prediction/matte-of-image';
import { createParts, type PartChoices, type PartNeeds, type Parts } from '../prediction/parts';
import type { Random } from '../random';
import { modelsOf, type PairOptions } from './options';

/** One reference model with the parts it is used with. */
export interface Reference {
  /** As it was given, or the model's own where it was given as an object. */
  readonly name: string;
  readonly parts: Parts;
}

type ReferenceOptions = Pick<PairOptions, 'models' | 'references'> & Omit<PartChoices, 'model'>;

/**
 * Loads the reference models; every one shares the other parts.
 *
 * @param owned takes what must be freed, also when one fails
 * @throws InvalidOptionError the same model twice
 * @throws UnknownModelError, WeightsError
 */
export async function loadReferences(
  options: ReferenceOptions,
  weights: PartNeeds,
  owned: { dispose(): void }[],
): Promise<Reference[]> {
  const loaded: Reference[] = [];
  for (const choice of modelsOf(options)) {
    loaded.push(await loadReference(choice, options, weights, loaded, owned));
  }
  return loaded;
}

async function loadReference(
  choice: string | MattingModel,
  { trimap, discriminator, perceptual, foreground }: ReferenceOptions,
  weights: PartNeeds,
  loaded: readonly Reference[],
  owned: { dispose(): void }[],
): Promise<Reference> {
  const name = typeof choice === 'string' ? choice : choice.name;
  if (loaded.some((other) => other.name === name)) {
    throw new InvalidOptionError(
      `The model "${name}" is given twice.`,
      'Name each matting model once; all are drawn alike.',
    );
  }
  const shared = loaded.map(({ parts }) => parts);
  const judge = shared.find((parts) => parts.discriminator !== undefined)?.discriminator;
  const parts = await createParts(
    {
      model: choice,
      trimap: shared[0]?.trimap ?? trimap,
      discriminator: judge ?? discriminator,
      perceptual: shared[0]?.perceptual ?? perceptual,
      foreground: shared[0]?.foreground ?? foreground,
    },
    weights,
  );
  owned.push(parts);
  return { name, parts };
}

/** The reference of a pair; all are drawn alike. */
export function drawReference(references: readonly Reference[], random: Random): Reference {
  return references[random.fork('reference').integer(references.length)]!;
}

/** Alpha of a portrait by each of the other references. */
export async function othersOf(
  references: readonly Reference[],
  { name, parts: { trimap } }: Reference,
  portrait: FloatImage,
): Promise<FloatImage[]> {
  const others: FloatImage[] = [];
  for (const other of references) {
    if (other.name === name) continue;
    const { alpha } = await matteOfImage({ trimap, reference: other.parts.reference }, portrait);
    others.push(alpha);
  }
  return others;
}

/** Frees what was loaded, last first. */
export function disposeAll(owned: readonly { dispose(): void }[]): void {
  for (const item of [...owned].reverse()) item.dispose();
}
