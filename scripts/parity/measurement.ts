import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from './fixture';

/** One number of one item: fine when `error ≤ tolerance`. Both are absolute. */
export interface Measurement {
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
  /** The packages have nothing to compute it with; the item counts as missing. */
  readonly missing?: true;
  /** What was done besides comparing; printed with every row. */
  readonly note?: string;
  /** The values that were compared, for a comparison of two runs of ours. */
  readonly compared?: { readonly values: ArrayLike<number>; readonly norm: 'max' | 'l2' };
}

/** Of a tensor, which some backends only give out later. */
export type PendingMeasurement = Measurement | Promise<Measurement>;

function checkLength(name: string, found: ArrayLike<number>, reference: ArrayLike<number>): void {
  if (found.length !== reference.length) {
    throw new Error(`${name}: ${found.length} values, the reference has ${reference.length}.`);
  }
}

/** `max |x − ref|`; NaN when any difference is NaN. */
export function maxError(
  name: string,
  found: ArrayLike<number>,
  reference: ArrayLike<number>,
  tolerance: number,
): Measurement {
  checkLength(name, found, reference);
  const compared = { values: found, norm: 'max' } as const;
  return { name, error: maxDistance(found, reference), tolerance, compared };
}

function maxDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    // Math.max, unlike a comparison, lets NaN through. Equal infinities are no difference.
    most = Math.max(most, a[i] === b[i] ? 0 : difference);
  }
  return most;
}

function l2Distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

/** How far apart the values of two measurements are, in the norm of their errors; NaN where none were compared. */
export function distanceBetween(one: Measurement, other: Measurement | undefined): number {
  const [a, b] = [one.compared, other?.compared];
  if (a === undefined || b === undefined || a.values.length !== b.values.length) return Number.NaN;
  return a.norm === 'max' ? maxDistance(a.values, b.values) : l2Distance(a.values, b.values);
}

/** `‖x − ref‖₂` against `relative · ‖ref‖₂`. */
export function l2Error(
  name: string,
  found: ArrayLike<number>,
  reference: ArrayLike<number>,
  relative: number,
): Measurement {
  checkLength(name, found, reference);
  let squares = 0;
  for (let i = 0; i < reference.length; i++) squares += reference[i]! ** 2;
  const compared = { values: found, norm: 'l2' } as const;
  const error = l2Distance(found, reference);
  return { name, error, tolerance: relative * Math.sqrt(squares), compared };
}

/**
 * A stored tensor, by the tolerance its metadata states: what `compare` says; without it `tol_l2` where there is one,
 * else `tol_max`.
 * @param found already cut to the stored subsample.
 */
export function storedError(
  fixture: Fixture,
  name: string,
  found: ArrayLike<number>,
  fallbackRelative = 1e-4,
): Measurement {
  const info = fixture.info(name);
  const reference = fixture.floats(name);
  if (info.tol_l2 !== undefined && info.compare !== 'max') {
    return l2Error(name, found, reference, info.tol_l2);
  }
  const tolerance = (info.tol_max ?? fallbackRelative) * info.max_abs;
  return maxError(name, found, reference, tolerance);
}

/** The values of a tensor, which may be disposed as soon as this returns: WebGPU reads them later. */
export async function valuesOf(x: tf.Tensor): Promise<ArrayLike<number>> {
  const kept = tf.keep(tf.clone(x));
  const values = await kept.data();
  kept.dispose();
  return values;
}

/** {@link storedError} of a tensor. */
export async function storedTensorError(
  fixture: Fixture,
  name: string,
  found: tf.Tensor,
  fallbackRelative?: number,
): Promise<Measurement> {
  return storedError(fixture, name, await valuesOf(found), fallbackRelative);
}

/** A yes-or-no outcome: error 0 or 1, tolerance 0. */
export function expectation(name: string, holds: boolean): Measurement {
  return { name, error: holds ? 0 : 1, tolerance: 0 };
}

/** A part of an item that no public code computes yet: the rest of the item is compared, but it is not ok. */
export function notImplemented(name: string): Measurement {
  return { name, error: 0, tolerance: 0, missing: true };
}

/** How far a measurement uses up its tolerance: over 1 is a failure. */
export function severity({ error, tolerance }: Measurement): number {
  if (Number.isNaN(error) || Number.isNaN(tolerance)) return Infinity;
  if (error <= tolerance) return tolerance === 0 ? 0 : error / tolerance;
  return tolerance === 0 ? Infinity : error / tolerance;
}
