/** What a transparent portrait is laid over, in [0, 1]. */
const GREY = 0.5;

/**
 * Lays straight-alpha RGBA over mid-grey, in the encoded values (as image editors do).
 *
 * @param data RGBA, interleaved
 * @param maximum the value that means 1: 255 or 65535
 * @returns RGB, and whether any pixel let the grey through
 */
export function compositeOverGrey<Data extends Uint8Array | Uint16Array>(
  data: Data,
  maximum: 255 | 65535,
): { data: Data; transparent: boolean } {
  const pixels = data.length / 4;
  const result = new (data.constructor as new (length: number) => Data)(pixels * 3);
  let transparent = false;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const alpha = data[pixel * 4 + 3]! / maximum;
    if (alpha < 1) transparent = true;
    for (let channel = 0; channel < 3; channel++) {
      const value = data[pixel * 4 + channel]!;
      result[pixel * 3 + channel] = Math.round(value * alpha + GREY * maximum * (1 - alpha));
    }
  }
  return { data: result, transparent };
}
