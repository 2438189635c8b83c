/** How `Resize` places and weighs its samples along one axis. */
export interface Sampling {
  readonly mode: string;
  readonly place: string;
  readonly rounding: string;
  /** Of the cubic. */
  readonly a: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
  /** Start and end of `tf_crop_and_resize`, as parts of the side. */
  readonly crop: readonly [number, number];
}

/**
 * The operator's definition as a matrix `[to, from]`, row by row: result = matrix · samples.
 *
 * @returns also the places that `tf_crop_and_resize` puts outside, which take the extrapolation value
 */
export function samplingMatrix(from: number, to: number, scale: number, sampling: Sampling) {
  const matrix = new Float32Array(from * to);
  const outside: number[] = [];
  for (let i = 0; i < to; i++) {
    const x = Math.fround(placeOf(i, from, to, scale, sampling));
    if (sampling.place === 'tf_crop_and_resize' && (x < 0 || x > from - 1)) {
      outside.push(i);
      continue;
    }
    const taps = tapsAt(x, from, scale, sampling).filter(
      ([at]) => !sampling.excludeOutside || (at >= 0 && at < from),
    );
    const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [at, weight] of taps) {
      matrix[i * from + Math.min(from - 1, Math.max(0, at))] += weight / total;
    }
  }
  return { matrix, outside };
}

function placeOf(
  i: number,
  from: number,
  to: number,
  scale: number,
  { place, crop: [start, end] }: Sampling,
): number {
  const centred = (i + 0.5) / scale - 0.5;
  switch (place) {
    case 'half_pixel_symmetric':
      return (from / 2) * (1 - to / (from * scale)) + centred;
    case 'pytorch_half_pixel':
      return to > 1 ? centred : 0;
    case 'align_corners':
      return to > 1 ? (i * (from - 1)) / (to - 1) : 0;
    case 'asymmetric':
      return i / scale;
    case 'tf_half_pixel_for_nn':
      return (i + 0.5) / scale;
    case 'tf_crop_and_resize':
      return to > 1
        ? start * (from - 1) + (i * (end - start) * (from - 1)) / (to - 1)
        : ((start + end) / 2) * (from - 1);
    default:
      return centred;
  }
}

/** Places, inside or not, and their weights. */
function tapsAt(
  x: number,
  from: number,
  scale: number,
  { mode, rounding, a, antialias }: Sampling,
): [number, number][] {
  if (mode === 'nearest') return [[rounded(x, rounding), 1]];
  // Smoothing widens the kernel by as much as the map shrinks.
  const narrow = antialias ? Math.min(1, scale) : 1;
  const support = (mode === 'cubic' ? 2 : 1) / narrow;
  const kernel = mode === 'cubic' ? cubic : (d: number) => Math.max(0, 1 - d);
  const inside = antialias ? x : Math.min(x, from + 2);
  const first = Math.ceil(inside - support);
  const count = Math.floor(inside + support) - first + 1;
  return Array.from({ length: count }, (_, k): [number, number] => [
    first + k,
    kernel(Math.abs(first + k - inside) * narrow, a),
  ]);
}

/** Keys' cubic convolution. */
function cubic(d: number, a: number): number {
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

function rounded(x: number, rounding: string): number {
  if (rounding === 'floor') return Math.floor(x);
  if (rounding === 'ceil') return Math.ceil(x);
  return rounding === 'round_prefer_ceil' ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
}
