import type { RasterImage } from '../contracts';
import { elementKind } from './element-kind';
import { fullScale } from './full-scale';

/** A value of a picture by its place in `data`, as a float in [0, 1]. */
export type SampleReader = (index: number) => number;

/** The values of `toFloatImage`, one by one, without an array of floats as large as the picture. */
export function sampleReader({ data }: Pick<RasterImage, 'data'>): SampleReader {
  if (elementKind(data) === 'Float32Array') return (index) => data[index];
  const full = fullScale({ data });
  const scale = 1 / full;
  const levels = Float32Array.from({ length: full + 1 }, (_, level) => level * scale);
  return (index) => levels[data[index]];
}
