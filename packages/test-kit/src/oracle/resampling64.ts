import type { Borders } from '@latent-matte/core/ops';
import { convolution64 } from './convolution64';
import { at, type Map64, map64 } from './map64';

/** The four steps of upfirdn2d, one after the other. */
export function upfirdn64(
  x: Map64,
  kernel: readonly (readonly number[])[],
  { up, down, borders, gain }: { up: number; down: number; borders: Borders; gain: number },
): Map64 {
  const [n, height, width, channels] = x.shape;
  const spread = map64([n, height * up, width * up, channels], (b, i, j, c) =>
    i % up === 0 && j % up === 0 ? at(x, b, i / up, j / up, c) : 0,
  );
  const shape = [kernel.length, kernel[0].length, channels, channels];
  const data = new Float64Array(shape.reduce((a, b) => a * b));
  for (let k = 0; k < shape[0]; k++) {
    for (let l = 0; l < shape[1]; l++) {
      for (let c = 0; c < channels; c++) {
        // Convolution in the sense of signals: the kernel is flipped.
        data[((k * shape[1] + l) * channels + c) * channels + c] =
          gain * kernel[shape[0] - 1 - k][shape[1] - 1 - l];
      }
    }
  }
  const filtered = convolution64(spread, { shape, data }, { borders });
  const [, rows, columns] = filtered.shape;
  return map64([n, Math.ceil(rows / down), Math.ceil(columns / down), channels], (b, i, j, c) =>
    at(filtered, b, i * down, j * down, c),
  );
}

/** A map whose samples outside are taken from inside by `source`. */
export function pad64(
  x: Map64,
  [top, bottom, left, right]: Borders,
  source: (index: number, length: number) => number,
): Map64 {
  const [n, height, width, channels] = x.shape;
  return map64([n, height + top + bottom, width + left + right, channels], (b, i, j, c) =>
    at(x, b, source(i - top, height), source(j - left, width), c),
  );
}
