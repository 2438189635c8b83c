import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import type { Size } from '../ops/padding';
import { fullScale } from './full-scale';
import { assertRaster } from './raster';

/** An 8-bit picture. */
export type ByteImage = RasterImage & { readonly data: Uint8Array | Uint8ClampedArray };

interface Filter {
  /** Half of its width at scale 1, in samples. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** Keys' cubic with a = −0.5; PyTorch's and OpenCV's has −0.75. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * -0.5 : 0;
}

const filters = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
} as const satisfies Record<string, Filter>;

/** Weights are whole numbers of this many binary digits behind the point. */
const UNIT = 2 ** 22;

/**
 * An 8-bit picture resized as Pillow's `Image.resize` does, to the byte: the filter is widened where an axis shrinks
 * (antialiasing), weights are fixed-point, and the picture is rounded to bytes between the horizontal and the vertical
 * pass. Torchvision's `Resize` on a file is this; PyTorch's `interpolate` is `resize`.
 *
 * ```ts
 * import { resizeLikePillow } from '@latent-matte/core/ops';
 *
 * const edge = { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) } as const;
 * console.log(resizeLikePillow(edge, [1, 1], 'bilinear').data); // [128]
 * ```
 *
 * @param size `[height, width]` of the result
 * @throws InvalidImageError the picture is not 8-bit
 */
export function resizeLikePillow(
  image: RasterImage,
  [height, width]: Size,
  method: keyof typeof filters,
): ByteImage {
  assertRaster(image);
  if (fullScale(image) !== 255) {
    throw new InvalidImageError(
      'Only 8-bit pictures are resized as Pillow does.',
      'Pass one with Uint8Array data, or use `resize` on tensors.',
    );
  }
  const filter: Filter = filters[method];
  const { channels } = image;
  const across = alongAxis(
    image.data as Uint8Array,
    image.height,
    image.width,
    width,
    channels,
    filter,
  );
  const data = alongAxis(across, 1, image.height, height, width * channels, filter);
  return { width, height, channels, data };
}

/** `[outer, from, inner]` → `[outer, to, inner]`. */
function alongAxis(
  source: Uint8Array | Uint8ClampedArray,
  outer: number,
  from: number,
  to: number,
  inner: number,
  filter: Filter,
): Uint8Array {
  if (from === to) return Uint8Array.from(source);
  const result = new Uint8Array(outer * to * inner);
  for (let i = 0; i < to; i++) {
    const { first, weights } = tapsOf(i, from, to, filter);
    for (let o = 0; o < outer; o++) {
      const start = (o * from + first) * inner;
      const out = (o * to + i) * inner;
      for (let k = 0; k < inner; k++) {
        // Sums of whole numbers below 2⁵³ are exact.
        let sum = UNIT / 2;
        for (let t = 0; t < weights.length; t++) sum += weights[t] * source[start + t * inner + k];
        result[out + k] = Math.min(255, Math.max(0, Math.floor(sum / UNIT)));
      }
    }
  }
  return result;
}

/** The samples that sample `i` of the result is made of, and their fixed-point weights. */
function tapsOf(
  i: number,
  from: number,
  to: number,
  { support, weight }: Filter,
): { first: number; weights: readonly number[] } {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const center = (i + 0.5) * scale;
  const reach = support * stretch;
  const first = Math.max(0, Math.trunc(center - reach + 0.5));
  const end = Math.min(from, Math.trunc(center + reach + 0.5));
  const raw = Array.from({ length: end - first }, (_, t) =>
    weight((first + t - center + 0.5) / stretch),
  );
  const sum = raw.reduce((a, b) => a + b, 0);
  // Halves are rounded away from zero, as C does.
  const rounded = (value: number) => Math.sign(value) * Math.floor(Math.abs(value) * UNIT + 0.5);
  return { first, weights: raw.map((value) => rounded(value / sum)) };
}
