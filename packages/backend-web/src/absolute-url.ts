import { InvalidOptionError, said } from '@latent-matte/core/caller';

/** URLs of weight files, by the names they are published with: `compact-generator.safetensors`. */
export type WeightUrls = Readonly<Record<string, string | URL>>;

/** Relative to the page, or to the worker this runs in. The URLs that Next.js makes of `new URL(…, import.meta.url)` begin at
 * the root of the site. A path of the file system, in tests, stays as it is. */
export function absoluteUrl(path: string): string {
  const base = globalThis.document?.baseURI ?? baseOfWorker();
  if (base === undefined) return path;
  try {
    return new URL(path, base).href;
  } catch {
    throw new InvalidOptionError(
      `"${path}" is no URL.`,
      'Give an address, or a path of this site.',
    );
  }
}

/** {@link absoluteUrl} of a folder, with the slash that makes file names land inside it. */
export function absoluteFolder(path: string): string {
  const url = urlOf('The folder', path);
  return url.endsWith('/') ? url : `${url}/`;
}

/** @throws InvalidOptionError no object of URLs */
export function absoluteUrls(urls: WeightUrls): Readonly<Record<string, string>> {
  const given: unknown = urls;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidOptionError(`weightUrls is ${said(given)}.`, 'Give URLs by file name.');
  }
  return Object.fromEntries(
    Object.entries(urls).map(([name, url]) => [name, urlOf(`weightUrls["${name}"]`, url)]),
  );
}

/** @throws InvalidOptionError no URL */
function urlOf(what: string, given: unknown): string {
  if (typeof given !== 'string' && !(given instanceof URL)) {
    throw new InvalidOptionError(`${what} is ${said(given)}.`, 'Give a URL.');
  }
  return absoluteUrl(String(given));
}

/** Next.js starts workers from `blob:` URLs, to which nothing is relative. */
function baseOfWorker(): string | undefined {
  const { location } = globalThis;
  return location?.protocol === 'blob:' ? location.origin : location?.href;
}
