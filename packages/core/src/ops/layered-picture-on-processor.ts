import type { backend_util } from '@tensorflow/tfjs-core';
import { processorKernels } from './corrections/processor-kernels';
import type { KernelCorrection } from './corrections/types';
import type { PictureLayers } from './picture-layers';

/** Name of the kernel of a layered picture. */
export const PICTURE = 'LatentMatteLayeredPicture';
/** Name of the kernel of its gradient in the grid. */
export const GRID_GRADIENT = 'LatentMatteLayeredPictureGridGradient';

/** Values of a sample of the grid. */
const DEPTH = 12;
/** Values kept of a place: α, w, F, B. */
const KEPT = 8;

/** The pixels of a picture that may change. */
export interface ChangingPlaces {
  readonly height: number;
  readonly width: number;
  /** The picture without a change. */
  readonly image: backend_util.TypedArray;
  /** Where the places of each row begin in `columns`; one more at the end. */
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  /** {@link KEPT} values of each. */
  readonly values: Float32Array;
}

const found = new WeakMap<PictureLayers, ChangingPlaces>();

/** Where the band of these layers is not 0. Read once, and kept for as long as the layers are. */
export function placesOf(layers: PictureLayers): ChangingPlaces {
  const known = found.get(layers);
  if (known !== undefined) return known;
  const [, height, width] = layers.image.shape;
  const [image, alpha, foreground, background, band] = [
    layers.image,
    layers.alpha,
    layers.foreground,
    layers.background,
    layers.band,
  ].map((tensor) => tensor.dataSync());
  const starts = new Uint32Array(height + 1);
  for (let p = 0; p < band.length; p++) if (band[p] !== 0) starts[Math.floor(p / width) + 1]++;
  for (let y = 0; y < height; y++) starts[y + 1] += starts[y];
  const columns = new Uint32Array(starts[height]);
  const values = new Float32Array(KEPT * columns.length);
  for (let p = 0, k = 0; p < band.length; p++) {
    if (band[p] === 0) continue;
    columns[k] = p % width;
    values.set([alpha[p], band[p]], KEPT * k);
    values.set(foreground.subarray(3 * p, 3 * p + 3), KEPT * k + 2);
    values.set(background.subarray(3 * p, 3 * p + 3), KEPT * k + 5);
    k++;
  }
  const places = { height, width, image: image.slice(), starts, columns, values };
  found.set(layers, places);
  return places;
}

interface Attributes {
  readonly places: ChangingPlaces;
  readonly range: number;
}

export const layeredPictureKernels: readonly KernelCorrection[] = [
  ...processorKernels({
    kernelName: PICTURE,
    shape: ({ grid }, attributes) => {
      const { height, width } = (attributes as unknown as Attributes).places;
      return [grid.shape[0], height, width, 3];
    },
    compute({ grid }, attributes, picture, inputs) {
      const { places, range } = attributes as unknown as Attributes;
      draw(grid, inputs.grid.shape, places, range, picture);
    },
  }),
  ...processorKernels({
    kernelName: GRID_GRADIENT,
    shape: ({ grid }) => grid.shape,
    compute({ grid, dy }, attributes, slopes, inputs) {
      const { places, range } = attributes as unknown as Attributes;
      drawBack(grid, inputs.grid.shape, places, range, dy, slopes);
    },
  }),
];

/** Of each sample of an axis of `to` values: the grid's value before it, the one behind, and the weight of that. */
function neighbours(from: number, to: number) {
  const before = new Uint32Array(to);
  const behind = new Uint32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    before[i] = Math.min(from - 1, Math.floor(at));
    behind[i] = Math.min(from - 1, before[i] + 1);
    weight[i] = at - Math.floor(at);
  }
  return { before, behind, weight };
}

function draw(
  grid: backend_util.TypedArray,
  [n, rows, samples]: readonly number[],
  { height, width, image, starts, columns, values }: ChangingPlaces,
  range: number,
  picture: backend_util.TypedArray,
): void {
  const [down, across] = [neighbours(rows, height), neighbours(samples, width)];
  const line = new Float64Array(DEPTH * samples);
  for (let b = 0; b < n; b++) {
    picture.set(image as Float32Array, b * image.length);
    for (let y = 0; y < height; y++) {
      if (starts[y] === starts[y + 1]) continue;
      lineAt(
        grid,
        (b * rows + down.before[y]) * line.length,
        (b * rows + down.behind[y]) * line.length,
        down.weight[y],
        line,
      );
      for (let k = starts[y]; k < starts[y + 1]; k++) {
        const x = columns[k];
        const [p, q, share] = [
          DEPTH * across.before[x],
          DEPTH * across.behind[x],
          across.weight[x],
        ];
        const at = 3 * ((b * height + y) * width + x);
        for (let c = 0; c < 3; c++) {
          picture[at + c] +=
            values[KEPT * k + 1] *
            range *
            bounded(line, p + c, q + c, share, values, KEPT * k, c, range);
        }
      }
    }
  }
}

function drawBack(
  grid: backend_util.TypedArray,
  [n, rows, samples]: readonly number[],
  { height, width, starts, columns, values }: ChangingPlaces,
  range: number,
  dy: backend_util.TypedArray,
  slopes: backend_util.TypedArray,
): void {
  const [down, across] = [neighbours(rows, height), neighbours(samples, width)];
  const line = new Float64Array(DEPTH * samples);
  const slopesOfLine = new Float64Array(line.length);
  const sums = new Float64Array(slopes.length);
  for (let b = 0; b < n; b++) {
    for (let y = 0; y < height; y++) {
      if (starts[y] === starts[y + 1]) continue;
      const [above, below] = [down.before[y], down.behind[y]].map(
        (row) => (b * rows + row) * line.length,
      );
      lineAt(grid, above, below, down.weight[y], line);
      slopesOfLine.fill(0);
      for (let k = starts[y]; k < starts[y + 1]; k++) {
        const x = columns[k];
        const [p, q, share] = [
          DEPTH * across.before[x],
          DEPTH * across.behind[x],
          across.weight[x],
        ];
        const at = 3 * ((b * height + y) * width + x);
        const v = KEPT * k;
        for (let c = 0; c < 3; c++) {
          const t = bounded(line, p + c, q + c, share, values, v, c, range);
          const slope = dy[at + c] * values[v + 1] * (1 - t * t);
          const ofF = slope * values[v];
          const ofB = slope - ofF;
          spread(slopesOfLine, p + c, q + c, share, ofF);
          spread(slopesOfLine, p + c + 3, q + c + 3, share, ofF * values[v + 2 + c]);
          spread(slopesOfLine, p + c + 6, q + c + 6, share, ofB);
          spread(slopesOfLine, p + c + 9, q + c + 9, share, ofB * values[v + 5 + c]);
        }
      }
      const share = down.weight[y];
      for (let i = 0; i < line.length; i++)
        spread(sums, above + i, below + i, share, slopesOfLine[i]);
    }
  }
  slopes.set(sums);
}

/** A row of the grid between two of it. */
function lineAt(
  grid: backend_util.TypedArray,
  above: number,
  below: number,
  share: number,
  line: Float64Array,
): void {
  for (let i = 0; i < line.length; i++) {
    line[i] = grid[above + i] + share * (grid[below + i] - grid[above + i]);
  }
}

/** tanh(change / r) of channel c at a place: the field of F's shift is read between p and q, the others 3, 6 and 9 on. */
function bounded(
  line: Float64Array,
  p: number,
  q: number,
  share: number,
  values: Float32Array,
  v: number,
  c: number,
  range: number,
): number {
  const shiftF = line[p] + share * (line[q] - line[p]);
  const gainF = line[p + 3] + share * (line[q + 3] - line[p + 3]);
  const shiftB = line[p + 6] + share * (line[q + 6] - line[p + 6]);
  const gainB = line[p + 9] + share * (line[q + 9] - line[p + 9]);
  const ofF = shiftF + gainF * values[v + 2 + c];
  const ofB = shiftB + gainB * values[v + 5 + c];
  return Math.tanh((ofB + values[v] * (ofF - ofB)) / range);
}

/** The adjoint of reading between p and q. */
function spread(sums: Float64Array, p: number, q: number, share: number, slope: number): void {
  const behind = share * slope;
  sums[q] += behind;
  sums[p] += slope - behind;
}
