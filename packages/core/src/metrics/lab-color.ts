/** CIE 1976 L*a*b* under D65: L in [0, 100], a and b about ±100. */
export type Lab = readonly [lightness: number, a: number, b: number];

/** White of D65, X and Z over Y. */
const WHITE = [0.95047, 1.08883] as const;
/** Where the cube root gives way to a straight line: (6/29)³. */
const LINEAR_BELOW = 216 / 24389;

/** Linear light of each 8-bit level (IEC 61966-2-1). */
const linearLevels = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/** The colour of an sRGB pixel of whole levels in 0…255. */
export function labOfLevels(red: number, green: number, blue: number): Lab {
  const r = linearLevels[red];
  const g = linearLevels[green];
  const b = linearLevels[blue];
  const x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE[0]);
  const y = curve(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = curve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE[1]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Colours seen before, each in the one place where its levels may be. */
const PLACES = 1 << 14;
const keys = new Int32Array(PLACES).fill(-1);
const labs = new Float64Array(3 * PLACES);

/**
 * Where in {@link keptLabs} the colour of whole levels now lies: the same numbers as {@link labOfLevels}, without an array
 * for each pixel, and without the cube roots where a colour comes again. The next calls may overwrite it.
 */
export function labPlace(red: number, green: number, blue: number): number {
  const key = (red << 16) | (green << 8) | blue;
  const place = (Math.imul(key, 0x9e3779b1) >>> 18) * 3;
  if (keys[place / 3] !== key) {
    keys[place / 3] = key;
    labs.set(labOfLevels(red, green, blue), place);
  }
  return place;
}

/** L, a and b of the colours that {@link labPlace} names. */
export const keptLabs: Readonly<Float64Array> = labs;

const curve = (t: number): number =>
  t > LINEAR_BELOW ? Math.cbrt(t) : (t * 24389) / 3132 + 4 / 29;
