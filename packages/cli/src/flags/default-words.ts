import type { Declaration } from '@latent-matte/core/options';

/**
 * The default of an option in words: "500", "fast 15, paper 500", "the generator's size".
 *
 * @param own the default of the command, where it has one of its own
 */
export function defaultWords(
  { default: same, presets, otherwise }: Declaration<unknown>,
  own?: unknown,
): string | undefined {
  // Commander adds it.
  if (own !== undefined) return undefined;
  if (presets !== undefined) {
    const words = (value: unknown) => (value === undefined ? (otherwise ?? '') : said(value));
    const [fast, paper, official] = [presets.fast, presets.paper, presets.official].map(words);
    const both = fast === paper ? fast : `fast ${fast}, paper ${paper}`;
    return official === paper ? both : `${both}, official ${official}`;
  }
  if (same === false) return undefined;
  return same === undefined ? otherwise?.replaceAll('`', '') : said(same);
}

/** A value for a reader; of the weights those that are on. */
export function said(value: unknown): string {
  if (value === true) return 'on';
  if (value === false) return 'off';
  if (Array.isArray(value)) return value.join('x');
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).filter(([, weight]) => weight !== 0);
  return entries.map(([term, weight]) => `${term}=${weight}`).join(' ');
}
