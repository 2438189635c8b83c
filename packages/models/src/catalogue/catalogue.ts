import { embeddedModels } from './embedded';
import type { CatalogueEntry, CheckpointEntry, CreateNetwork, ModelKind } from './entry';
import { madeModels, publishedGenerators } from './generators';
import { peopleNetworks } from './people-networks';
import { publishedNetworks } from './published';

/**
 * Every model that has a name, each once: what it is, what it can do, under which licence, where its weights are, and
 * how it is loaded. `loadModel`, names in options and the command line all read it.
 */
export const catalogue: readonly CatalogueEntry[] = [
  ...embeddedModels,
  ...madeModels,
  ...publishedGenerators,
  ...publishedNetworks,
  ...peopleNetworks,
];

/**
 * What the catalogue knows under a name.
 *
 * ```ts
 * import { catalogueEntry } from '@latent-matte/models';
 *
 * console.log(catalogueEntry('rvm')?.license);
 * ```
 *
 * @param kind tells models apart that shared a short name in earlier versions; default: the generator
 */
export function catalogueEntry(name: string, kind?: ModelKind): CatalogueEntry | undefined {
  const known = catalogue.find(({ id }) => id === name);
  if (known !== undefined) return known;
  const older = catalogue.filter((entry) => entry.weights === 'embedded' && entry.alias === name);
  const wanted = kind ?? (older.length > 1 ? 'generator' : undefined);
  return wanted === undefined ? older[0] : older.find((entry) => entry.kind === wanted);
}

/** A network that takes weights of one's own. */
export interface Network {
  readonly id: string;
  readonly kind: ModelKind;
  readonly license: string;
  readonly create: CreateNetwork;
  /** See `CheckpointEntry.join`. */
  readonly join?: CheckpointEntry['join'];
}

/** The entries of the catalogue that take weights: the published ones, StyleGAN2, the compact matting network. */
export const networks: readonly Network[] = catalogue.flatMap((entry) => {
  if (entry.weights !== 'checkpoint' && entry.weights !== 'embedded') return [];
  const { id, kind, create } = entry;
  if (create === undefined || kind === 'encoder') return [];
  // The licence of an embedded file is not that of other weights for its network.
  if (entry.weights === 'embedded') return [{ id, kind, license: '', create }];
  const { license, join } = entry;
  return [{ id, kind, license, create, ...(join && { join }) }];
});
