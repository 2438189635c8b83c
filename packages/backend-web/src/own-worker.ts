import { BackendError } from '@latent-matte/core/caller';

export const workerRemedy =
  'Serve dist/worker.js of @latent-matte/backend-web and pass `new Worker(url, { type: "module" })` as `worker`.';

/**
 * A worker with the script of this package. In this folder, since the URL holds for the built package as well.
 * @throws BackendError
 */
export function ownWorker(): Worker {
  try {
    return fromElsewhere() ? importingWorker() : besideThis();
  } catch (cause) {
    throw new BackendError('The browser refuses the worker.', workerRemedy, { cause });
  }
}

// Literal, so that bundlers find the script.
const besideThis = (): Worker =>
  new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

// In a variable, so that bundlers do not take it for a second file to copy.
const here = import.meta.url;

/** On a page without a bundler this module may come from another site, from a CDN. Bundlers give no address of a site. */
function fromElsewhere(): boolean {
  return /^https?:/.test(here) && new URL(here).origin !== globalThis.location?.origin;
}

/** Browsers take the script of a worker from the page's own site only; what it imports may come from elsewhere (CORS). */
function importingWorker(): Worker {
  const script = `import ${JSON.stringify(new URL('./worker.js', here).href)};`;
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  try {
    return new Worker(address, { type: 'module' });
  } finally {
    // The browser has taken it down by then.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }
}
