import type { GeneratorContext } from '@latent-matte/core';
import { catalogue } from './catalogue/catalogue';
import { registerByKind } from './catalogue/register';
import type { InstalledModel } from './installed-model';
import { loadModel } from './load-model';
import { rolesOf } from './model-file/model-file';

/**
 * Makes an installed model available by its id, as `enhancePortrait(image, { model: id })`.
 *
 * ```ts
 * import { type InstalledModel, registerInstalledModel } from '@latent-matte/models';
 *
 * declare const installed: InstalledModel;
 * registerInstalledModel(installed);
 * ```
 */
export function registerInstalledModel({ id, kind, network, runs }: InstalledModel): void {
  // `models add mediapipe-selfie`: the same network, from where it was put. Nobody took a name.
  const embedded = id === network && catalogue.some((entry) => entry.id === id);
  for (const role of runs === undefined ? [kind] : rolesOf(runs)) {
    registerByKind({ id, kind: role, embedded }, (context) =>
      loadModel(id, {
        kind: role,
        ...(role === 'generator' && context && { portrait: context as GeneratorContext }),
      }),
    );
  }
}
