import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BackendError } from '@latent-matte/core';

/**
 * A script of this package that runs in another process or thread. It lies beside this file once built; tests run
 * from the sources and use the built one.
 *
 * @throws BackendError an application was bundled without it
 */
export function entryFile(name: 'device-probe' | 'portrait-worker'): string {
  for (const place of [`./${name}.js`, `../dist/${name}.js`]) {
    const path = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new BackendError(
    `${name}.js of @latent-matte/backend-node is not beside the code that needs it.`,
    'Leave @latent-matte/backend-node out of the bundle (external).',
  );
}
