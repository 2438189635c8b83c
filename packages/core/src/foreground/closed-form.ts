import { InvalidOptionError } from '../errors';
import { clipUnit } from '../imaging/clip-unit';
import { conjugateGradients, type Operator } from '../solvers/conjugate-gradients';
import { asPart, finish, inPieces, type Work } from '../solvers/work';
import { applyRow, type Grid, pixelGrid } from './layer-system';
import type { Layers, Pixels } from './layers';
import { multiLevelWork } from './multi-level';
import { Multigrid } from './multigrid';

export interface ClosedFormOptions {
  /** ε, weight of the smoothness where alpha is flat, > 0. Default 1e-5. */
  regularization?: number;
  /**
   * Largest error per pixel in the norm of the system. Default 1e-6, at which αF and (1 − α)B are right to 1e-3
   * everywhere and to 1e-5 on average; at 1e-9 they are right to 1e-6.
   */
  tolerance?: number;
  /** Default 1000 per colour; some 40 are usual. */
  maxIterations?: number;
}

/** Layers as the solver leaves them: float64, not clipped; interleaved RGB. */
export interface ExactLayers {
  readonly foreground: Float64Array;
  readonly background: Float64Array;
  /** Iterations of the three colours together. */
  readonly iterations: number;
}

interface WritableLayers {
  readonly foreground: Float32Array | Float64Array;
  readonly background: Float32Array | Float64Array;
}

function settingsFrom({
  regularization = 1e-5,
  tolerance = 1e-6,
  maxIterations = 1000,
}: ClosedFormOptions): Required<ClosedFormOptions> {
  const positive = regularization > 0 && tolerance > 0;
  if (!positive || !Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new InvalidOptionError(
      `regularization ${regularization}, tolerance ${tolerance}, maxIterations ${maxIterations}.`,
      'The first two must be above 0, the last a whole number ≥ 1.',
    );
  }
  return { regularization, tolerance, maxIterations };
}

/**
 * Solves Eq. 5 for one colour after the other. Takes 85 bytes a pixel for the vectors, 46 for the grids and
 * what `layers` takes.
 *
 * @param layers the start; the solution in the end, not clipped
 * @returns iterations of the three colours together
 */
export function* closedFormWork(
  { data, scale }: Pixels,
  alpha: ArrayLike<number>,
  width: number,
  height: number,
  layers: WritableLayers,
  options: ClosedFormOptions = {},
): Work<number> {
  const settings = settingsFrom(options);
  const grid = pixelGrid(alpha, width, height, settings.regularization);
  const solve = solverOn(grid, settings);
  const pixels = width * height;
  const right = new Float64Array(2 * pixels);
  const x = new Float64Array(2 * pixels);
  let iterations = 0;
  for (let c = 0; c < 3; c++) {
    for (let p = 0; p < pixels; p++) {
      const value = data[3 * p + c] * scale;
      right[2 * p] = alpha[p] * value;
      right[2 * p + 1] = (1 - alpha[p]) * value;
      x[2 * p] = layers.foreground[3 * p + c];
      x[2 * p + 1] = layers.background[3 * p + c];
    }
    iterations += yield* asPart(solve(right, x), c / 3, (c + 1) / 3);
    for (let p = 0; p < pixels; p++) {
      layers.foreground[3 * p + c] = x[2 * p];
      layers.background[3 * p + c] = x[2 * p + 1];
    }
  }
  return iterations;
}

/** Layers in float32, clipped to [0, 1], from the multi-level estimate on. Takes 160 bytes a pixel, the result included. */
export function* closedFormLayers(
  pixels: Pixels,
  alpha: Float32Array,
  width: number,
  height: number,
  options: ClosedFormOptions = {},
): Work<Layers> {
  // Refused before anything is computed.
  const { regularization } = settingsFrom(options);
  const start = multiLevelWork(pixels, alpha, width, height, { regularization });
  const layers = yield* asPart(start, 0, 0.1);
  yield* asPart(closedFormWork(pixels, alpha, width, height, layers, options), 0.1, 1);
  for (const layer of [layers.foreground, layers.background]) {
    for (let i = 0; i < layer.length; i++) layer[i] = clipUnit(layer[i]);
  }
  return layers;
}

/**
 * Closed-form foreground estimation in float64, without clipping: what the gradient belongs to.
 *
 * ```ts
 * import { solveClosedForm } from '@latent-matte/core/ops';
 * import { mockComposite } from '@latent-matte/core/testing';
 *
 * const { image, alpha } = mockComposite(64, 64);
 * const { foreground, iterations } = solveClosedForm(image.data, alpha.data, 64, 64);
 * console.log(foreground.length); // 64 · 64 · 3 = 12288
 * ```
 *
 * @param image interleaved RGB in [0, 1]. @param alpha in [0, 1].
 */
export function solveClosedForm(
  image: ArrayLike<number>,
  alpha: ArrayLike<number>,
  width: number,
  height: number,
  options: ClosedFormOptions = {},
): ExactLayers {
  const foreground = Float64Array.from({ length: 3 * width * height }, (_, i) => image[i]);
  const background = foreground.slice();
  const iterations = finish(
    closedFormWork(
      { data: image, scale: 1 },
      alpha,
      width,
      height,
      { foreground, background },
      options,
    ),
  );
  return { foreground, background, iterations };
}

/**
 * The exact adjoint of {@link solveClosedForm}. With y = A⁻¹ g (A is symmetric):
 *
 *     ∂/∂I   = α y_F + (1 − α) y_B
 *     ∂/∂α_i = Σ_c [(y_F − y_B)(I − αF − (1 − α)B) − (α y_F + (1 − α) y_B)(F − B)]
 *              − 2 Σ_j sign(α_i − α_j) Σ_c [(y_Fi − y_Fj)(F_i − F_j) + (y_Bi − y_Bj)(B_i − B_j)]
 *
 * with j over the 4 neighbours of i.
 *
 * ```ts
 * import { closedFormGradients, solveClosedForm } from '@latent-matte/core/ops';
 * import { mockComposite } from '@latent-matte/core/testing';
 *
 * const { image, alpha } = mockComposite(32, 32);
 * const layers = solveClosedForm(image.data, alpha.data, 32, 32, { tolerance: 1e-9 });
 * // Slopes of the loss ΣF.
 * const slopes = { foreground: layers.foreground.map(() => 1), background: new Float64Array(3072) };
 * const gradients = closedFormGradients(image.data, alpha.data, 32, 32, layers, slopes);
 * console.log(gradients.alpha.length); // 32 · 32 = 1024
 * ```
 *
 * @param layers of `solveClosedForm` for the same image and alpha, at a tolerance of about 1e-9
 * @param gradients of the loss with respect to those layers
 */
export function closedFormGradients(
  image: ArrayLike<number>,
  alpha: ArrayLike<number>,
  width: number,
  height: number,
  layers: Omit<ExactLayers, 'iterations'>,
  gradients: { readonly foreground: ArrayLike<number>; readonly background: ArrayLike<number> },
  options: ClosedFormOptions = {},
): { image: Float64Array; alpha: Float64Array } {
  const settings = settingsFrom(options);
  const grid = pixelGrid(alpha, width, height, settings.regularization);
  const solve = solverOn(grid, settings);
  const pixels = width * height;
  const right = new Float64Array(2 * pixels);
  const toImage = new Float64Array(3 * pixels);
  const toAlpha = new Float64Array(pixels);
  const { foreground: F, background: B } = layers;
  for (let c = 0; c < 3; c++) {
    for (let p = 0; p < pixels; p++) {
      right[2 * p] = gradients.foreground[3 * p + c];
      right[2 * p + 1] = gradients.background[3 * p + c];
    }
    const y = new Float64Array(2 * pixels);
    finish(solve(right, y));
    const edge = (p: number, q: number): void => {
      const sign = Math.sign(alpha[p] - alpha[q]);
      const product =
        (y[2 * p] - y[2 * q]) * (F[3 * p + c] - F[3 * q + c]) +
        (y[2 * p + 1] - y[2 * q + 1]) * (B[3 * p + c] - B[3 * q + c]);
      toAlpha[p] -= 2 * sign * product;
      toAlpha[q] += 2 * sign * product;
    };
    for (let p = 0; p < pixels; p++) {
      const [i, a] = [3 * p + c, alpha[p]];
      const mixed = a * y[2 * p] + (1 - a) * y[2 * p + 1];
      toImage[i] = mixed;
      toAlpha[p] +=
        (y[2 * p] - y[2 * p + 1]) * (image[i] - a * F[i] - (1 - a) * B[i]) - mixed * (F[i] - B[i]);
      if ((p + 1) % width !== 0) edge(p, p + 1);
      if (p + width < pixels) edge(p, p + width);
    }
  }
  return { image: toImage, alpha: toAlpha };
}

/**
 * Solves A x = b from any x. `√(rᵀM⁻¹r / pixels)` estimates the error in the norm of A, which weighs F by alpha and B by
 * 1 − alpha: what cannot be seen does not keep it going.
 */
function solverOn(
  grid: Grid,
  { tolerance, maxIterations }: Required<ClosedFormOptions>,
): (b: Float64Array, x: Float64Array) => Work<number> {
  const multigrid = new Multigrid(grid);
  const precondition: Operator = (x, result) => multigrid.cycle(x, result);
  return (b, x) =>
    conjugateGradients(multiplyBy(grid), precondition, b, {
      x,
      measure: 'energy',
      tolerance: tolerance * Math.sqrt(grid.width * grid.height),
      maxIterations,
      operation: 'Closed-form foreground estimation',
    });
}

/** Pixels between two yields. */
const PIXELS = 1 << 18;

function multiplyBy(grid: Grid): Operator {
  const row = 2 * grid.width;
  const rows = Math.ceil(PIXELS / grid.width);
  return (x, result) =>
    inPieces(grid.height, rows, (from, to) => {
      for (let y = from; y < to; y++) {
        applyRow(grid, x, y, result.subarray(y * row, (y + 1) * row));
      }
    });
}
