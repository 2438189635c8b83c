import { WindowColors } from './window-colors';

/**
 * The matting Laplacian (Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008,
 * Eq. 12), applied without being stored. Over every window k of n = (2r + 1)² pixels with mean colour μ and covariance
 * Σ, and with M = (Σ + ε/n I)⁻¹,
 *
 *     (L p)_i = Σ_k [ p_i − p̄_k − (I_i − μ_k)ᵀ a_k ],   a_k = M_k · (1/n) Σ_j (I_j − μ_k) p_j
 *
 * which is what remains of p after the best linear function of colour in each window.
 */
export class MattingLaplacian {
  readonly #image: ArrayLike<number>;
  readonly #width: number;
  readonly #radius: number;
  /** Centres of the windows. */
  readonly #centers: Int32Array;
  /** Per window: mean colour, then the six entries of M. */
  readonly #windows: Float64Array;

  /**
   * @param image interleaved RGB in [0, 1]
   * @param matters windows without such a pixel are left out
   */
  constructor(
    image: ArrayLike<number>,
    width: number,
    height: number,
    {
      epsilon,
      radius,
      matters,
    }: { epsilon: number; radius: number; matters?: ArrayLike<number> | undefined },
  ) {
    this.#image = image;
    this.#width = width;
    this.#radius = radius;
    const centers: number[] = [];
    for (let y = radius; y < height - radius; y++) {
      for (let x = radius; x < width - radius; x++) {
        const center = y * width + x;
        if (matters === undefined || this.#some(center, matters)) centers.push(center);
      }
    }
    this.#centers = Int32Array.from(centers);
    this.#windows = new Float64Array(centers.length * ENTRIES);
    const colors = new WindowColors(image, width, radius, epsilon);
    this.#centers.forEach((center, k) => {
      colors.visit(center);
      this.#windows.set(colors.mean, k * ENTRIES);
      this.#windows.set(colors.inverse, k * ENTRIES + 3);
    });
  }

  /** `result` = L p. */
  apply(p: ArrayLike<number>, result: Float64Array): void {
    const image = this.#image;
    const windows = this.#windows;
    const radius = this.#radius;
    const n = (2 * radius + 1) ** 2;
    result.fill(0);
    for (let k = 0; k < this.#centers.length; k++) {
      const at = k * ENTRIES;
      const [m0, m1, m2] = [windows[at], windows[at + 1], windows[at + 2]];
      let [sum, s0, s1, s2] = [0, 0, 0, 0];
      const first = this.#centers[k] - radius * (this.#width + 1);
      for (let v = 0; v <= 2 * radius; v++) {
        for (let j = first + v * this.#width; j <= first + v * this.#width + 2 * radius; j++) {
          const value = p[j];
          sum += value;
          s0 += (image[3 * j] - m0) * value;
          s1 += (image[3 * j + 1] - m1) * value;
          s2 += (image[3 * j + 2] - m2) * value;
        }
      }
      const mean = sum / n;
      const a0 = (windows[at + 3] * s0 + windows[at + 4] * s1 + windows[at + 5] * s2) / n;
      const a1 = (windows[at + 4] * s0 + windows[at + 6] * s1 + windows[at + 7] * s2) / n;
      const a2 = (windows[at + 5] * s0 + windows[at + 7] * s1 + windows[at + 8] * s2) / n;
      for (let v = 0; v <= 2 * radius; v++) {
        for (let j = first + v * this.#width; j <= first + v * this.#width + 2 * radius; j++) {
          result[j] +=
            p[j] -
            mean -
            (image[3 * j] - m0) * a0 -
            (image[3 * j + 1] - m1) * a1 -
            (image[3 * j + 2] - m2) * a2;
        }
      }
    }
  }

  /** Diagonal of L: `Σ_k 1 − (1 + (I_i − μ)ᵀ M (I_i − μ)) / n`. */
  diagonal(pixels: number): Float64Array {
    const result = new Float64Array(pixels);
    const windows = this.#windows;
    const n = (2 * this.#radius + 1) ** 2;
    this.#centers.forEach((center, k) => {
      const at = k * ENTRIES;
      this.#forEach(center, (j) => {
        const d = [0, 1, 2].map((c) => this.#image[3 * j + c] - windows[at + c]);
        const product =
          d[0] * d[0] * windows[at + 3] +
          d[1] * d[1] * windows[at + 6] +
          d[2] * d[2] * windows[at + 8] +
          2 *
            (d[0] * d[1] * windows[at + 4] +
              d[0] * d[2] * windows[at + 5] +
              d[1] * d[2] * windows[at + 7]);
        result[j] += 1 - (1 + product) / n;
      });
    });
    return result;
  }

  #some(center: number, flags: ArrayLike<number>): boolean {
    let found = false;
    this.#forEach(center, (j) => {
      found ||= flags[j] !== 0;
    });
    return found;
  }

  #forEach(center: number, visit: (pixel: number) => void): void {
    const radius = this.#radius;
    for (let v = -radius; v <= radius; v++) {
      for (let u = -radius; u <= radius; u++) visit(center + v * this.#width + u);
    }
  }
}

const ENTRIES = 9;
