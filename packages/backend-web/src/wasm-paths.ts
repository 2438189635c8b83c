import { InvalidOptionError, said } from '@latent-matte/core/caller';
import { absoluteFolder, absoluteUrl } from './absolute-url';

const wasmFiles = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;

export type WasmFileUrls = Readonly<Record<(typeof wasmFiles)[number], string>>;

/**
 * Where the `.wasm` files are served: a folder URL, or the URL of each file. Relative URLs are relative to the page.
 */
export type WasmPaths = string | WasmFileUrls;

/**
 * The absolute URL of each file: a worker would take relative ones relative to its script.
 * @throws InvalidOptionError a file has no URL
 */
export function resolveWasmPaths(paths: WasmPaths): WasmFileUrls {
  if (typeof paths !== 'string' && (typeof paths !== 'object' || paths === null)) {
    throw new InvalidOptionError(
      `wasmPaths is ${said(paths)}.`,
      'Give the URL of each file, or the URL of their folder.',
    );
  }
  const given = (name: keyof WasmFileUrls): string | undefined =>
    typeof paths === 'string' ? absoluteFolder(paths) + name : paths[name];
  const missing = wasmFiles.filter((name) => given(name) === undefined);
  if (missing.length > 0) {
    throw new InvalidOptionError(
      `wasmPaths has no ${missing.join(' and no ')}.`,
      'Give the URL of each file, or the URL of their folder.',
    );
  }
  return Object.fromEntries(
    wasmFiles.map((name) => [name, absoluteUrl(given(name)!)]),
  ) as WasmFileUrls;
}
