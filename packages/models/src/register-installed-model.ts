import type { GeneratorContext } from '@latent-matte/core';
import { registerByKind } from './catalogue/register';
import type { InstalledModel } from './installed-model';
import { loadModel } from './load-model';
import { rolesOf } from './model-file/model-file';

/** Makes an installed model available by its id, as `enhancePortrait(image, { reference: id })`. */
export function registerInstalledModel({ id, kind, runs }: InstalledModel): void {
  for (const role of runs === undefined ? [kind] : rolesOf(runs)) {
    registerByKind({ id, kind: role }, (context) =>
      loadModel(id, {
        kind: role,
        ...(role === 'generator' && context && { portrait: context as GeneratorContext }),
      }),
    );
  }
}
