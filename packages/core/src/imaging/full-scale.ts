import type { RasterImage } from '../contracts';

/** What the data is divided by to span [0, 1]. */
export function fullScale({ data }: Pick<RasterImage, 'data'>): number {
  if (data instanceof Float32Array) return 1;
  return data instanceof Uint16Array ? 65535 : 255;
}
