import type { Plugin } from 'esbuild';

export interface Bundled {
  readonly id: string;
  readonly license: string;
  readonly home: string;
  readonly texts: readonly string[];
}
export function thirdPartyNotices(file?: string): Plugin;
export function noticesOf(bundled: readonly Bundled[]): string;
