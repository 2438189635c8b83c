/**
 * How the grey levels of a matte become values in [0, 1]:
 * - `'full-range'`: divided by 255;
 * - `'stretched'`: by its own range, (v − min) / (max − min), as MATLAB's `mat2gray`. A constant map becomes 0;
 * - `'stretched-bytes'`: the same, rounded to 8 bit again: OpenCV's `normalize` on bytes, in place, which multiplies and
 *   adds in single precision, fused, and rounds halves to even.
 */
export type GreyScale = 'full-range' | 'stretched' | 'stretched-bytes';

/** The value of every grey level of an 8-bit map, 256 of them. */
export function greyLevels(map: ArrayLike<number>, scale: GreyScale): Float64Array {
  const [low, high] = scale === 'full-range' ? [0, 255] : rangeOf(map);
  if (low === high) return new Float64Array(256);
  const levels = Float64Array.from({ length: 256 }, (_, v) => v);
  if (scale !== 'stretched-bytes') return levels.map((v) => (v - low) / (high - low));
  const factor = 255 / (high - low);
  const [single, shift] = [Math.fround(factor), Math.fround(-low * factor)];
  return levels.map((v) => roundHalfToEven(Math.fround(v * single + shift)) / 255);
}

function rangeOf(map: ArrayLike<number>): [low: number, high: number] {
  let low = 255;
  let high = 0;
  for (let i = 0; i < map.length; i++) {
    const value = map[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}
