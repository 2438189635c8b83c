import type { RasterImage } from '../contracts';
import { elementKind } from './element-kind';

/** What the data is divided by to span [0, 1]. */
export function fullScale({ data }: Pick<RasterImage, 'data'>): number {
  const kind = elementKind(data);
  if (kind === 'Float32Array') return 1;
  return kind === 'Uint16Array' ? 65535 : 255;
}
