import type { Backend } from './contracts';
import { BackendError } from './errors';

let backend: Backend | undefined;

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

/** Makes a backend the one in use. One that computes on this thread needs `setActiveBackend`. */
export function putBackendInUse(next: Backend): void {
  backend = next;
}
