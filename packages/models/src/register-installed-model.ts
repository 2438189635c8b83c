import type { GeneratorContext } from '@latent-matte/core';
import { catalogueEntry } from './catalogue/catalogue';
import { registerByKind } from './catalogue/register';
import type { InstalledModel } from './installed-model';
import { loadModel } from './load-model';
import { rolesOf } from './model-file/model-file';

/** Makes an installed model available by its id, as `enhancePortrait(image, { model: id })`. */
export function registerInstalledModel({ id, kind, runs }: InstalledModel): void {
  // A network that the catalogue knows by name was checked when it was added: it is that one, and replaces no other.
  const embedded = catalogueEntry(id)?.weights === 'file';
  for (const role of runs === undefined ? [kind] : rolesOf(runs)) {
    registerByKind({ id, kind: role, embedded }, (context) =>
      loadModel(id, {
        kind: role,
        ...(role === 'generator' && context && { portrait: context as GeneratorContext }),
      }),
    );
  }
}
