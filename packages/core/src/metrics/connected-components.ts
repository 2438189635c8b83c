/**
 * 4-connected components of the pixels of a map at or above a level, as horizontal runs joined by union–find.
 *
 * Runs are numbered in raster order and a component is named after its first run. The arrays are reused by
 * the next `find`, so that ten thresholds of one matte allocate once.
 */
export class ComponentFinder {
  readonly #map: ArrayLike<number>;
  readonly #width: number;
  readonly #height: number;
  #starts = new Int32Array(1024);
  #ends = new Int32Array(1024);
  #parents = new Int32Array(1024);
  #sizes = new Int32Array(1024);

  constructor(map: ArrayLike<number>, width: number, height: number) {
    this.#map = map;
    this.#width = width;
    this.#height = height;
  }

  find(minimum: number): Components {
    const map = this.#map;
    const width = this.#width;
    let count = 0;
    let above = 0;
    for (let y = 0; y < this.#height; y++) {
      const rowStart = y * width;
      const rowEnd = rowStart + width;
      const first = count;
      for (let i = rowStart; i < rowEnd; ) {
        if (map[i]! < minimum) {
          i++;
          continue;
        }
        const start = i;
        while (i < rowEnd && map[i]! >= minimum) i++;
        if (count === this.#starts.length) this.#grow();
        this.#starts[count] = start;
        this.#ends[count] = i;
        this.#parents[count] = count;
        this.#sizes[count] = i - start;
        // Runs of the row above that touch this one; both rows are sorted, so `above` only moves forward.
        while (above < first && this.#ends[above]! <= start - width) above++;
        for (let other = above; other < first && this.#starts[other]! < i - width; other++) {
          this.#join(count, other);
        }
        count++;
      }
      above = first;
    }
    return this.#summarize(count);
  }

  #summarize(count: number): Components {
    let pixels = 0;
    let largest = -1;
    for (let run = 0; run < count; run++) {
      pixels += this.#ends[run]! - this.#starts[run]!;
      // The first of equals wins, as with argmax over labels in raster order.
      if (
        this.#parents[run] === run &&
        (largest < 0 || this.#sizes[run]! > this.#sizes[largest]!)
      ) {
        largest = run;
      }
    }
    return {
      count,
      pixels,
      starts: this.#starts,
      ends: this.#ends,
      largest,
      largestSize: largest < 0 ? 0 : this.#sizes[largest]!,
      componentOf: (run) => this.#root(run),
    };
  }

  #root(run: number): number {
    const parents = this.#parents;
    let current = run;
    while (parents[current] !== current) {
      // Path halving.
      parents[current] = parents[parents[current]!]!;
      current = parents[current]!;
    }
    return current;
  }

  #join(a: number, b: number): void {
    const x = this.#root(a);
    const y = this.#root(b);
    if (x === y) return;
    // The lower number is the root, so that a component keeps the name of its first run.
    const [root, child] = x < y ? [x, y] : [y, x];
    this.#parents[child] = root;
    this.#sizes[root] = this.#sizes[root]! + this.#sizes[child]!;
  }

  #grow(): void {
    const double = (array: Int32Array<ArrayBuffer>) => {
      const larger = new Int32Array(array.length * 2);
      larger.set(array);
      return larger;
    };
    this.#starts = double(this.#starts);
    this.#ends = double(this.#ends);
    this.#parents = double(this.#parents);
    this.#sizes = double(this.#sizes);
  }
}

/** Valid until the next {@link ComponentFinder.find}. */
export interface Components {
  /** Number of runs. */
  readonly count: number;
  /** Pixels in all runs. */
  readonly pixels: number;
  /** First pixel of each run (flat index). */
  readonly starts: Int32Array;
  /** One past the last pixel of each run. */
  readonly ends: Int32Array;
  /** The component with most pixels, −1 when there is none. */
  readonly largest: number;
  readonly largestSize: number;
  componentOf(run: number): number;
}
