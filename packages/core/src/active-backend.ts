import { putBackendInUse } from './backend-in-use';
import type { Backend } from './contracts';
import { installCorrections } from './ops/corrections/install-corrections';

export { activeBackend, backendInUse } from './backend-in-use';

/** Called by `useNodeBackend` and `useWebBackend`; not meant for applications. */
export function setActiveBackend(next: Backend): void {
  // Only now: the backend's package may have brought a copy of tfjs-core with it.
  installCorrections();
  putBackendInUse(next);
}
