import { describe, expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { AbortedError, InvalidImageError, InvalidOptionError } from '../errors';
import { finish } from '../solvers/work';
import { mockComposite } from '../testing/mock-composite';
import { MattingLaplacian } from './matting-laplacian';
import { refineMatte, refineMatteWork } from './refine-matte';

const [width, height] = [14, 12];
const { image, alpha } = mockComposite(width, height);
const map = (data: Float32Array): FloatImage => ({ width, height, channels: 1, data });
const trimap = map(alpha.data.map((value) => (value < 0.02 ? 0 : value > 0.98 ? 1 : 0.5)));
/** A matte as networks give it: about right, without detail. */
const coarse = map(alpha.data.map((value) => 0.2 + 0.6 * value));

const meanError = ({ data }: FloatImage): number =>
  data.reduce((sum, value, p) => sum + Math.abs(value - alpha.data[p]), 0) / data.length;

/** A x = b by elimination with pivots. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows.slice(i).reduce((best, row, k) => {
      return Math.abs(row[i]) > Math.abs(rows[i + best][i]) ? k : best;
    }, 0);
    [rows[i], rows[i + pivot]] = [rows[i + pivot], rows[i]];
    for (let k = i + 1; k < rows.length; k++) {
      const factor = rows[k][i] / rows[i][i];
      for (let j = i; j < rows[k].length; j++) rows[k][j] -= factor * rows[i][j];
    }
  }
  const x = new Array<number>(rows.length).fill(0);
  for (let i = rows.length - 1; i >= 0; i--) {
    const known = rows[i].slice(i + 1, -1).reduce((sum, value, j) => sum + value * x[i + 1 + j], 0);
    x[i] = (rows[i][rows.length] - known) / rows[i][i];
  }
  return x;
}

describe('refineMatte', () => {
  it('solves (L + Λ) α = Λ α⁰ over the unknown pixels', async () => {
    const [least, most] = [0.05, 0.8];
    const weightOf = (p: number) =>
      least * (most / least) ** (Math.abs(2 * coarse.data[p] - 1) ** 4);
    const options = { priorWeight: least, sureWeight: most, epsilon: 1e-3, tolerance: 1e-12 };
    const refined = await refineMatte(image, coarse, trimap, options);

    const laplacian = new MattingLaplacian(image.data, width, height, { epsilon: 1e-3, radius: 1 });
    const columns = Array.from({ length: width * height }, (_, p) => {
      const unit = new Float64Array(width * height);
      unit[p] = 1;
      const column = new Float64Array(width * height);
      laplacian.apply(unit, column);
      return column;
    });
    const unknown = [...trimap.data.keys()].filter((p) => trimap.data[p] === 0.5);
    const known = [...trimap.data.keys()].filter((p) => trimap.data[p] === 1);
    const matrix = unknown.map((i) =>
      unknown.map((j) => columns[j][i] + (i === j ? weightOf(i) : 0)),
    );
    const right = unknown.map(
      (i) => weightOf(i) * coarse.data[i] - known.reduce((sum, j) => sum + columns[j][i], 0),
    );
    const expected = solve(matrix, right);
    expect(unknown.length).toBeGreaterThan(40);
    for (const [k, p] of unknown.entries()) {
      expect(refined.data[p]).toBeCloseTo(Math.min(1, Math.max(0, expected[k])), 6);
    }
    for (const p of known) expect(refined.data[p]).toBe(1);
  });

  it('finds the edge that a network has blurred', async () => {
    const refined = await refineMatte(image, coarse, trimap);
    expect(meanError(refined)).toBeLessThan(0.3 * meanError(coarse));
  });

  it('leaves the matte as it is when its word weighs most', async () => {
    const kept = await refineMatte(image, coarse, trimap, { priorWeight: 1e6 });
    for (const [p, value] of kept.data.entries()) {
      if (trimap.data[p] === 0.5) expect(value).toBeCloseTo(coarse.data[p], 4);
    }
  });

  it('holds what the matte is sure of, and moves it where told to', async () => {
    // A model that is wrong with conviction: colours alone would correct it.
    const wrong = map(coarse.data.map((value) => (value > 0.5 ? 0 : 1)));
    const held = await refineMatte(image, wrong, trimap, { sureWeight: 1e4 });
    const moved = await refineMatte(image, wrong, trimap, { sureWeight: 0.003 });
    const change = (matte: { data: ArrayLike<number> }) =>
      wrong.data.reduce(
        (sum, value, p) => (trimap.data[p] === 0.5 ? sum + Math.abs(value - matte.data[p]) : sum),
        0,
      );
    expect(change(held)).toBeLessThan(0.01);
    expect(change(moved)).toBeGreaterThan(5);
  });

  it('moves edges less than what is soft for long, where their weight is larger', () => {
    // Columns: sure background, an edge, sure foreground, and a plateau far from any background.
    const [w, h] = [40, 8];
    const level = (x: number) => (x < 6 ? 0 : x < 7 ? 0.5 : x < 12 ? 1 : 0.5);
    const matte = Float64Array.from({ length: w * h }, (_, i) => level(i % w));
    const classes = matte.map((value) => (value === 0.5 ? 0.5 : value));
    // The edge and the plateau have the colour of the foreground: they are to be 1.
    const colors = Float64Array.from({ length: 3 * w * h }, (_, i) =>
      Math.floor(i / 3) % w < 6 ? 0.1 : 0.9,
    );
    const solved = (edgeWeight?: number) =>
      finish(refineMatteWork(colors, matte, classes, w, h, {}, edgeWeight)).alpha;
    const [plain, held] = [solved(), solved(100)];
    const moved = (alpha: ArrayLike<number>, x: number) => Math.abs(alpha[3 * w + x]! - 0.5);
    expect(moved(plain, 6)).toBeGreaterThan(0.1);
    expect(moved(held, 6)).toBeLessThan(0.02);
    expect(moved(held, 30)).toBeCloseTo(moved(plain, 30), 2);
    expect(moved(held, 30)).toBeGreaterThan(0.1);
  });

  it('works where nothing is certain', async () => {
    const nothing = map(new Float32Array(width * height).fill(0.5));
    const refined = await refineMatte(image, coarse, nothing);
    expect(meanError(refined)).toBeLessThan(meanError(coarse) + 0.01);
  });

  it('says what is wrong', async () => {
    const other = mockComposite(height, width).alpha;
    await expect(refineMatte(image, other, trimap)).rejects.toThrow(/image is 14×12.*12×14/);
    await expect(refineMatte(image, image, trimap)).rejects.toBeInstanceOf(InvalidImageError);
    await expect(refineMatte(image, coarse, image)).rejects.toThrow(/trimap has 3 channels/);
    for (const priorWeight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const refused = refineMatte(image, coarse, trimap, { priorWeight });
      await expect(refused).rejects.toBeInstanceOf(InvalidOptionError);
    }
    for (const sureWeight of [0.001, Number.NaN, Number.POSITIVE_INFINITY]) {
      const refused = refineMatte(image, coarse, trimap, { sureWeight });
      await expect(refused).rejects.toThrow(/sureWeight is .*≥ priorWeight, 0\.003/);
    }
    const signal = AbortSignal.abort();
    const stopped = refineMatte(image, coarse, trimap, { signal });
    await expect(stopped).rejects.toBeInstanceOf(AbortedError);
    await expect(stopped).rejects.toThrow('Matte refinement was cancelled.');
  });
});
