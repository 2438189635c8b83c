/** A map `[N, H, W, C]` in float64, for the reference implementations that the ops are tested against. */
export interface Map64 {
  readonly shape: readonly [n: number, height: number, width: number, channels: number];
  readonly data: Float64Array;
}

export function map64(
  shape: readonly [number, number, number, number],
  value: (n: number, y: number, x: number, c: number) => number = () => 0,
): Map64 {
  const [n, height, width, channels] = shape;
  const data = new Float64Array(n * height * width * channels);
  let i = 0;
  for (let b = 0; b < n; b++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) data[i++] = value(b, y, x, c);
      }
    }
  }
  return { shape, data };
}

/** The sample, or 0 outside the map. */
export function at({ shape, data }: Map64, n: number, y: number, x: number, c: number): number {
  const [, height, width, channels] = shape;
  if (y < 0 || y >= height || x < 0 || x >= width) return 0;
  return data[((n * height + y) * width + x) * channels + c];
}
