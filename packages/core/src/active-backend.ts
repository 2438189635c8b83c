import type { Backend } from './contracts';
import { BackendError } from './errors';
import { installCorrections } from './ops/corrections/install-corrections';

let backend: Backend | undefined;

/** Called by `useNodeBackend` and `useWebBackend`; not meant for applications. */
export function setActiveBackend(next: Backend): void {
  // Only now: the backend's package may have brought a copy of tfjs-core with it.
  installCorrections();
  backend = next;
}

/** The backend in use. @throws BackendError when none was activated. */
export function activeBackend(): Backend {
  if (backend === undefined) {
    throw new BackendError(
      'No backend is active.',
      "Call `await useNodeBackend()` from '@latent-matte/backend-node', or `await useWebBackend()` from '@latent-matte/backend-web', first.",
    );
  }
  return backend;
}

/** {@link activeBackend}, or `undefined` when none was activated. */
export const backendInUse = (): Backend | undefined => backend;
