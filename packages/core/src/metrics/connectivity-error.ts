import { ComponentFinder, type Components } from './connected-components';
import { type GreyScale, greyLevels } from './grey-levels';
import type { MattePair } from './matte-pair';

// Connectivity error (Rhemann et al., CVPR 2009):
//
//   for t = 0.1, 0.2 … 1:  Ω_t = largest 4-connected component of {p ≥ t and g ≥ t}; an empty one is skipped
//   l_i = the last t before pixel i first drops out of Ω_t; 1 if it never does
//   φ(x_i) = 1 − d·[d ≥ 0.15],  d = x_i − l_i
//   Conn = Σ_M |φ(p_i) − φ(g_i)| / 1000

/**
 * Three readings of the definition are in use; they differ by 1 to 3 %, and by more on single pictures.
 * - `'corrected'`: float64, thresholds `i * 0.1`, Ω_t is a foreground component. Values k/255 can lie exactly
 *   on a threshold: 153/255 = 0.6 < 6 × 0.1 in float64.
 * - `'matlab'`: the original DIM evaluation code: float32, thresholds `float32(i / 10)`.
 * - `'gca-python'`: GCA-Matting's `evaluate.py`, used by many papers: as `'corrected'`, but the background
 *   competes as a component too, and becomes Ω_t when it is larger.
 */
export type ConnectivityRule = 'corrected' | 'matlab' | 'gca-python';

const STEPS = 10;
/** φ ignores distances below this. */
const TOLERANCE = 0.15;
const NEVER = STEPS;

interface Arithmetic {
  readonly round: (value: number) => number;
  /** `t_0 … t_10`. */
  readonly thresholds: readonly number[];
}

function arithmeticOf(rule: ConnectivityRule): Arithmetic {
  const steps = Array.from({ length: STEPS + 1 }, (_, i) => i);
  return rule === 'matlab'
    ? { round: Math.fround, thresholds: steps.map((i) => Math.fround(i / 10)) }
    : { round: (value) => value, thresholds: steps.map((i) => i * 0.1) };
}

/** `φ` for every level index l (0…10) and grey level, at `l * 256 + level`. */
function connectednessTable({ round, thresholds }: Arithmetic, grey: Float64Array): Float64Array {
  const table = new Float64Array((STEPS + 1) * 256);
  thresholds.forEach((level, l) => {
    for (let value = 0; value < 256; value++) {
      const distance = round(round(grey[value]!) - level);
      table[l * 256 + value] = distance >= round(TOLERANCE) ? round(1 - distance) : 1;
    }
  });
  return table;
}

/** Sets `levels` to `level` from `start` to `end` where it is still {@link NEVER}. */
function drop(levels: Uint8Array, start: number, end: number, level: number): void {
  for (let i = start; i < end; i++) if (levels[i] === NEVER) levels[i] = level;
}

/** Everything outside Ω drops out. */
function dropOutside(levels: Uint8Array, found: Components, level: number): void {
  let position = 0;
  for (let run = 0; run < found.count; run++) {
    if (found.componentOf(run) === found.largest) {
      drop(levels, position, found.starts[run]!, level);
      position = found.ends[run]!;
    }
  }
  drop(levels, position, levels.length, level);
}

/**
 * Connectivity error in thousands: see the top of this file.
 *
 * @param scale what the grey levels of each of the two mattes stand for
 */
export function connectivityError(
  pair: MattePair,
  rule: ConnectivityRule = 'corrected',
  scale: GreyScale = 'full-range',
): number {
  const { width, height, predicted, truth, region } = pair;
  const arithmetic = arithmeticOf(rule);
  const [greyPredicted, greyTruth] = [greyLevels(predicted, scale), greyLevels(truth, scale)];

  // Both values reach t when the smaller one does: per pixel, how many thresholds that is.
  const [reachedPredicted, reachedTruth] = [greyPredicted, greyTruth].map((grey) =>
    Uint8Array.from(grey, (value) =>
      Math.max(
        0,
        arithmetic.thresholds.findLastIndex((t) => arithmetic.round(value) >= t),
      ),
    ),
  ) as [Uint8Array, Uint8Array];
  const steps = new Uint8Array(truth.length);
  for (let i = 0; i < steps.length; i++) {
    steps[i] = Math.min(reachedPredicted[predicted[i]!]!, reachedTruth[truth[i]!]!);
  }

  const levels = new Uint8Array(truth.length).fill(NEVER);
  const finder = new ComponentFinder(steps, width, height);
  for (let step = 1; step <= STEPS; step++) {
    const found = finder.find(step);
    if (rule === 'gca-python' && truth.length - found.pixels >= found.largestSize) {
      // Ω is the background: what drops out is everything that reaches t.
      for (let run = 0; run < found.count; run++) {
        drop(levels, found.starts[run]!, found.ends[run]!, step - 1);
      }
    } else if (found.count > 0) {
      dropOutside(levels, found, step - 1);
    }
  }

  const phiPredicted = connectednessTable(arithmetic, greyPredicted);
  const phiTruth = connectednessTable(arithmetic, greyTruth);
  let sum = 0;
  for (let i = 0; i < levels.length; i++) {
    if (region === undefined || region[i] !== 0) {
      const row = levels[i]! * 256;
      sum += Math.abs(phiPredicted[row + predicted[i]!]! - phiTruth[row + truth[i]!]!);
    }
  }
  return sum / 1000;
}
