import type { SymmetricMatrix } from '../solvers/symmetric-matrix';
import type { Work } from '../solvers/work';
import { WindowColors } from './window-colors';

export interface MattingSystem {
  /** L_UU + Λ. */
  readonly matrix: SymmetricMatrix;
  /** Λ α⁰_U − L_UK α_K. */
  readonly right: Float64Array;
  /** The unknown pixels in reading order: unknown i is pixel `pixels[i]`. */
  readonly pixels: Int32Array;
}

export interface MattingSystemOptions {
  readonly epsilon: number;
  readonly radius: number;
  /** λ of a pixel, the weight of α⁰ there; 0 without a prior. */
  readonly weight: (pixel: number) => number;
}

/** Windows between two yields, of about five milliseconds. */
const WINDOWS = 1 << 13;

/**
 * The system of closed-form matting over the unknown pixels U alone, (L_UU + Λ) α_U = Λ α⁰_U − L_UK α_K. Entries of the
 * matting Laplacian are sums over the windows k that hold both pixels (Levin, Lischinski, Weiss, PAMI 2008, Eq. 12),
 *
 *     L_ij = Σ_k [ δ_ij − (1 + (I_i − μ_k)ᵀ M_k (I_j − μ_k)) / n ]
 *
 * and only windows with an unknown pixel are looked at. A pixel shares windows with those at most 2r away: the upper
 * triangle of a row has 13 entries at radius 1, in places that depend on the offset alone.
 *
 * @param image interleaved RGB in [0, 1]
 * @param alpha known values, and α⁰ where unknown
 * @param unknown 1 where unknown
 */
export function* mattingSystem(
  image: ArrayLike<number>,
  alpha: Float64Array,
  unknown: Uint8Array,
  width: number,
  height: number,
  { epsilon, radius, weight }: MattingSystemOptions,
): Work<MattingSystem> {
  const pixels = unknownPixels(unknown);
  const indices = new Int32Array(alpha.length).fill(-1);
  for (let i = 0; i < pixels.length; i++) indices[pixels[i]] = i;
  const stencil = new Stencil(width, radius);
  const colors = new WindowColors(image, width, radius, epsilon);
  const sums = new Sums(stencil, colors, indices, alpha, pixels.length);
  let visited = 0;
  for (let y = radius; y < height - radius; y++) {
    visited += sums.addRow(y * width + radius, y * width + width - radius, unknown);
    if (visited < WINDOWS) continue;
    visited = 0;
    yield y / height;
  }
  for (let i = 0; i < pixels.length; i++) sums.right[i] += weight(pixels[i]) * alpha[pixels[i]];
  const matrix = compressed(sums.entries, stencil, pixels, indices, weight);
  return { matrix, right: sums.right, pixels };
}

function unknownPixels(unknown: Uint8Array): Int32Array {
  let count = 0;
  for (let p = 0; p < unknown.length; p++) count += unknown[p];
  const pixels = new Int32Array(count);
  for (let p = 0, i = 0; p < unknown.length; p++) if (unknown[p] === 1) pixels[i++] = p;
  return pixels;
}

/** Places in the upper triangle of a row: offset (v, u) with |u| ≤ 2r, 0 ≤ v ≤ 2r after (0, 0), by v then u. */
class Stencil {
  readonly length: number;
  /** The pixel of each place, relative to the row's own. */
  readonly offsets: Int32Array;
  /** Of two pixels i ≤ j of a window of n, at `i * n + j`. */
  readonly places: Int32Array;

  constructor(width: number, radius: number) {
    const side = 2 * radius + 1;
    const span = 4 * radius + 1;
    const n = side * side;
    this.length = 2 * radius * span + side;
    this.offsets = Int32Array.from({ length: this.length }, (_, place) => {
      const v = Math.floor((place + 2 * radius) / span);
      return v * width + place - v * span;
    });
    this.places = Int32Array.from({ length: n * n }, (_, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      return (Math.floor(j / side) - Math.floor(i / side)) * span + (j % side) - (i % side);
    });
  }
}

/** Sums over the windows. */
class Sums {
  /** Per unknown pixel: `stencil.length` entries of its row. */
  readonly entries: Float64Array;
  /** − L_UK α_K. */
  readonly right: Float64Array;
  readonly #stencil: Stencil;
  readonly #colors: WindowColors;
  readonly #indices: Int32Array;
  readonly #alpha: Float64Array;
  /** M (I_i − μ) / n. */
  readonly #weighted: Float64Array;

  constructor(
    stencil: Stencil,
    colors: WindowColors,
    indices: Int32Array,
    alpha: Float64Array,
    size: number,
  ) {
    this.entries = new Float64Array(size * stencil.length);
    this.right = new Float64Array(size);
    this.#stencil = stencil;
    this.#colors = colors;
    this.#indices = indices;
    this.#alpha = alpha;
    this.#weighted = new Float64Array(colors.differences.length);
  }

  /** Adds the windows around the pixels of a row that hold an unknown pixel. @returns how many */
  addRow(from: number, to: number, unknown: Uint8Array): number {
    const { offsets } = this.#colors;
    const n = offsets.length;
    let added = 0;
    for (let center = from; center < to; center++) {
      let k = 0;
      while (k < n && unknown[center + offsets[k]] === 0) k++;
      if (k === n) continue;
      this.#add(center);
      added++;
    }
    return added;
  }

  #add(center: number): void {
    const colors = this.#colors;
    colors.visit(center);
    const { offsets, differences: d } = colors;
    const { length, places } = this.#stencil;
    const [indices, alpha, entries, right] = [this.#indices, this.#alpha, this.entries, this.right];
    const n = offsets.length;
    const share = 1 / n;
    this.#weigh();
    const w = this.#weighted;
    for (let i = 0; i < n; i++) {
      const row = indices[center + offsets[i]];
      const [w0, w1, w2] = [w[3 * i], w[3 * i + 1], w[3 * i + 2]];
      const known = row < 0 ? alpha[center + offsets[i]] : 0;
      if (row < 0 && known === 0) continue;
      if (row >= 0) {
        const product = w0 * d[3 * i] + w1 * d[3 * i + 1] + w2 * d[3 * i + 2];
        entries[row * length] += 1 - share - product;
      }
      for (let j = i + 1; j < n; j++) {
        const entry = -share - (w0 * d[3 * j] + w1 * d[3 * j + 1] + w2 * d[3 * j + 2]);
        const column = indices[center + offsets[j]];
        if (row < 0) {
          if (column >= 0) right[column] -= entry * known;
        } else if (column >= 0) entries[row * length + places[i * n + j]] += entry;
        else right[row] -= entry * alpha[center + offsets[j]];
      }
    }
  }

  #weigh(): void {
    const { differences: d, inverse, offsets } = this.#colors;
    const w = this.#weighted;
    const [rr, rg, rb, gg, gb, bb] = inverse;
    const share = 1 / offsets.length;
    for (let k = 0; k < d.length; k += 3) {
      const [r, g, b] = [d[k] * share, d[k + 1] * share, d[k + 2] * share];
      w[k] = rr * r + rg * g + rb * b;
      w[k + 1] = rg * r + gg * g + gb * b;
      w[k + 2] = rb * r + gb * g + bb * b;
    }
  }
}

/** Leaves out what is 0, in place. */
function compressed(
  entries: Float64Array,
  { length, offsets }: Stencil,
  pixels: Int32Array,
  indices: Int32Array,
  weight: MattingSystemOptions['weight'],
): SymmetricMatrix {
  const size = pixels.length;
  const starts = new Int32Array(size + 1);
  let total = 0;
  for (let k = 0; k < entries.length; k++) if (k % length === 0 || entries[k] !== 0) total++;
  const columns = new Int32Array(total);
  let count = 0;
  for (let i = 0; i < size; i++) {
    for (let place = 0; place < length; place++) {
      const value = entries[i * length + place];
      if (place > 0 && value === 0) continue;
      entries[count] = place === 0 ? value + weight(pixels[i]) : value;
      columns[count++] = indices[pixels[i] + offsets[place]];
    }
    starts[i + 1] = count;
  }
  return { size, starts, columns, values: entries.subarray(0, count) };
}
