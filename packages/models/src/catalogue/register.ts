import {
  type Discriminator,
  discriminators,
  type Generator,
  type GeneratorContext,
  generators,
  type MattingContext,
  type MattingModel,
  mattingModels,
  type PerceptualModel,
  perceptualModels,
  type TrimapModel,
  trimapModels,
} from '@latent-matte/core';
import { rolesOf } from '../model-file/model-file';
import { catalogue } from './catalogue';
import type { Model, ModelKind } from './entry';

interface NamedModel {
  readonly id: string;
  readonly kind: ModelKind;
  /** Comes along: a program that takes its name is warned. */
  readonly embedded?: boolean;
  readonly alias?: string;
  /** What a user added under this name is asked for first. */
  readonly provisional?: boolean;
}

/**
 * Makes a model available by its id, as `enhancePortrait(image, { reference: id })`.
 *
 * ```ts
 * import { loadCompactTrimap, registerByKind } from '@latent-matte/models';
 *
 * registerByKind({ id: 'mine', kind: 'trimap' }, () => loadCompactTrimap());
 * ```
 */
export function registerByKind(
  { id, kind, ...registration }: NamedModel,
  make: (context?: GeneratorContext | MattingContext) => Model | Promise<Model>,
): void {
  // The kind says what the loader makes; the test of the catalogue holds every entry to it.
  const factory = <Kind extends Model>() => make as (context?: unknown) => Kind | Promise<Kind>;
  if (kind === 'generator') generators.register(id, factory<Generator>(), registration);
  else if (kind === 'discriminator')
    discriminators.register(id, factory<Discriminator>(), registration);
  else if (kind === 'matting') mattingModels.register(id, factory<MattingModel>(), registration);
  else if (kind === 'trimap') trimapModels.register(id, factory<TrimapModel>(), registration);
  else perceptualModels.register(id, factory<PerceptualModel>(), registration);
}

/** Makes everything that comes along available by name. */
export function registerCatalogue(): void {
  for (const entry of catalogue) {
    const { id, kind } = entry;
    if (kind === 'encoder') continue;
    if (entry.weights === 'embedded') {
      const { alias } = entry;
      registerByKind({ id, kind, embedded: true, ...(alias && { alias }) }, (context) =>
        entry.load(kind === 'matting' ? ((context ?? {}) as MattingContext) : {}),
      );
    } else if (entry.weights === 'none') {
      registerByKind({ id, kind, embedded: true }, (context) =>
        entry.make(context as GeneratorContext),
      );
    } else if (entry.weights === 'file' && entry.load !== undefined) {
      const { load } = entry;
      for (const role of rolesOf(entry)) {
        const registration = { id, kind: role, embedded: true, provisional: true };
        registerByKind(registration, () => load(role));
      }
    }
  }
}
