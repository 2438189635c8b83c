/**
 * Colours of one window after the other: of n = (2r + 1)² pixels with mean μ and covariance Σ,
 * M = (Σ + ε/n I)⁻¹.
 */
export class WindowColors {
  /** Pixels of a window relative to its centre, row after row. */
  readonly offsets: Int32Array;
  /** I_j − μ per pixel of the window, interleaved. */
  readonly differences: Float64Array;
  readonly mean = new Float64Array(3);
  /** M: rr, rg, rb, gg, gb, bb. */
  readonly inverse = new Float64Array(6);
  readonly #image: ArrayLike<number>;
  readonly #epsilon: number;

  /** @param image interleaved RGB in [0, 1] */
  constructor(image: ArrayLike<number>, width: number, radius: number, epsilon: number) {
    const side = 2 * radius + 1;
    this.#image = image;
    this.#epsilon = epsilon;
    this.offsets = Int32Array.from(
      { length: side * side },
      (_, k) => (Math.floor(k / side) - radius) * width + (k % side) - radius,
    );
    this.differences = new Float64Array(3 * side * side);
  }

  /** Fills `differences`, `mean` and `inverse`. */
  visit(center: number): void {
    const image = this.#image;
    const offsets = this.offsets;
    const differences = this.differences;
    const inverse = this.inverse;
    const n = offsets.length;
    let [r, g, b] = [0, 0, 0];
    for (let k = 0; k < n; k++) {
      const i = 3 * (center + offsets[k]);
      r += image[i];
      g += image[i + 1];
      b += image[i + 2];
    }
    r /= n;
    g /= n;
    b /= n;
    this.mean[0] = r;
    this.mean[1] = g;
    this.mean[2] = b;
    const ridge = this.#epsilon / n;
    let [rr, rg, rb, gg, gb, bb] = [0, 0, 0, 0, 0, 0];
    for (let k = 0; k < n; k++) {
      const i = 3 * (center + offsets[k]);
      const dr = image[i] - r;
      const dg = image[i + 1] - g;
      const db = image[i + 2] - b;
      differences[3 * k] = dr;
      differences[3 * k + 1] = dg;
      differences[3 * k + 2] = db;
      rr += dr * dr;
      rg += dr * dg;
      rb += dr * db;
      gg += dg * dg;
      gb += dg * db;
      bb += db * db;
    }
    rr = rr / n + ridge;
    gg = gg / n + ridge;
    bb = bb / n + ridge;
    rg /= n;
    rb /= n;
    gb /= n;
    // Inverse of the symmetric 3 × 3 matrix by cofactors.
    const c0 = gg * bb - gb * gb;
    const c1 = rb * gb - rg * bb;
    const c2 = rg * gb - rb * gg;
    const determinant = rr * c0 + rg * c1 + rb * c2;
    inverse[0] = c0 / determinant;
    inverse[1] = c1 / determinant;
    inverse[2] = c2 / determinant;
    inverse[3] = (rr * bb - rb * rb) / determinant;
    inverse[4] = (rg * rb - rr * gb) / determinant;
    inverse[5] = (rr * gg - rg * rg) / determinant;
  }
}
