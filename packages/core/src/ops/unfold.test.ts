import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { itMatchesItsOracle } from '@latent-matte/test-kit/oracle/check-op';
import { at, type Map64, map64 } from '@latent-matte/test-kit/oracle/map64';
import { describe } from 'vitest';
import { fold, type UnfoldOptions, unfold } from './unfold';

const cases: Required<UnfoldOptions>[] = [
  { size: 1, stride: 1, padding: 0 },
  { size: 3, stride: 1, padding: 1 },
  { size: 4, stride: 2, padding: 1 },
  { size: 2, stride: 3, padding: 0 },
];
const [height, width, channels] = [6, 5, 2];

const lengths = ({ size, stride, padding }: Required<UnfoldOptions>) =>
  [height, width].map((length) => Math.floor((length + 2 * padding - size) / stride) + 1);

everyBackend(() => {
  describe.each(cases)('patches of $size, stride $stride, padding $padding', (options) => {
    const { size, stride, padding } = options;
    const [rows, columns] = lengths(options);
    const depth = size * size * channels;
    itMatchesItsOracle({
      name: 'unfold',
      shape: [2, height, width, channels],
      make: () => (x) => unfold(x, options),
      oracle: (x) =>
        map64([2, rows, columns, depth], (n, i, j, d) => {
          const place = Math.floor(d / channels);
          const [k, l] = [Math.floor(place / size), place % size];
          return at(x, n, i * stride + k - padding, j * stride + l - padding, d % channels);
        }),
    });
    itMatchesItsOracle({
      name: 'fold',
      shape: [1, rows, columns, depth],
      make: () => (patches) => fold(patches, [height, width], options),
      oracle: (patches: Map64) =>
        map64([1, height, width, channels], (_, y, x, c) => {
          let sum = 0;
          for (let k = 0; k < size; k++) {
            for (let l = 0; l < size; l++) {
              const [i, j] = [(y + padding - k) / stride, (x + padding - l) / stride];
              if (!Number.isInteger(i) || !Number.isInteger(j)) continue;
              sum += at(patches, 0, i, j, (k * size + l) * channels + c);
            }
          }
          return sum;
        }),
    });
  });
});
