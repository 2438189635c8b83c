import { InvalidOptionError } from '../errors';

/** sRGB in [0, 1]. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * A CSS hex colour without an alpha: `#rgb` or `#rrggbb`.
 *
 * @param where the option, for the message
 * @throws InvalidOptionError
 */
export function parseColor(text: string, where: string): Color {
  const match =
    /^#(?:([0-9a-f])([0-9a-f])([0-9a-f])|([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2}))$/i.exec(
      text.trim(),
    );
  if (match === null) {
    throw new InvalidOptionError(
      `${where} is "${text}".`,
      'Give a CSS hex colour such as "#fff" or "#1e90ff", or a picture.',
    );
  }
  const [, r, g, b, rr, gg, bb] = match;
  const channel = (short: string | undefined, long: string | undefined): number =>
    Number.parseInt(long ?? `${short}${short}`, 16) / 255;
  return [channel(r, rr), channel(g, gg), channel(b, bb)];
}
