/** Relative to the page, or to the worker this runs in. A path of the file system, in tests, stays as it is. */
export function absoluteUrl(path: string): string {
  const base = globalThis.document?.baseURI ?? baseOfWorker();
  return base === undefined ? path : new URL(path, base).href;
}

/** {@link absoluteUrl} of a folder, with the slash that makes file names land inside it. */
export function absoluteFolder(path: string): string {
  const url = absoluteUrl(path);
  return url.endsWith('/') ? url : `${url}/`;
}

/** Next.js starts workers from `blob:` URLs, to which nothing is relative. */
function baseOfWorker(): string | undefined {
  const { location } = globalThis;
  return location?.protocol === 'blob:' ? location.origin : location?.href;
}
