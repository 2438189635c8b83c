/** URLs of weight files, by the names they are published with: `compact-generator.safetensors`. */
export type WeightUrls = Readonly<Record<string, string | URL>>;

/** Relative to the page, or to the worker this runs in. The URLs that Next.js makes of `new URL(…, import.meta.url)` begin at
 * the root of the site. A path of the file system, in tests, stays as it is. */
export function absoluteUrl(path: string): string {
  const base = globalThis.document?.baseURI ?? baseOfWorker();
  return base === undefined ? path : new URL(path, base).href;
}

/** {@link absoluteUrl} of a folder, with the slash that makes file names land inside it. */
export function absoluteFolder(path: string): string {
  const url = absoluteUrl(path);
  return url.endsWith('/') ? url : `${url}/`;
}

export const absoluteUrls = (urls: WeightUrls): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, absoluteUrl(String(url))]));

/** Next.js starts workers from `blob:` URLs, to which nothing is relative. */
function baseOfWorker(): string | undefined {
  const { location } = globalThis;
  return location?.protocol === 'blob:' ? location.origin : location?.href;
}
