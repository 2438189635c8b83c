import { countOf } from '../../count-of';
import { commonShape, type HostValue, ofHost, type Value } from './value';

/** Larger tables are computed as tensors. */
export const MOST_HOST = 2 ** 16;

/** All of them, where every one is known beforehand. */
export function hostsOf(values: readonly Value[]): readonly HostValue[] | undefined {
  const hosts = values.flatMap(({ host }) => (host === undefined ? [] : [host]));
  return hosts.length === values.length ? hosts : undefined;
}

/**
 * Applies `f` to the values that stand at the same place, after NumPy's broadcasting.
 *
 * @returns nothing where the result would be too large to be worth it
 */
export function mapHosts(
  hosts: readonly HostValue[],
  f: (...values: readonly number[]) => number,
  integer: boolean,
): Value | undefined {
  const shape = commonShape(...hosts.map((host) => host.shape));
  const count = countOf(shape);
  if (count > MOST_HOST) return undefined;
  const strides = hosts.map((host) => stridesOf(host.shape, shape));
  const places = hosts.map(() => 0);
  const data = Array.from({ length: count }, (_, index) => {
    places.fill(0);
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = (rest - at) / shape[axis];
      for (let i = 0; i < hosts.length; i++) places[i] += at * strides[i][axis];
    }
    return f(...hosts.map((host, i) => host.data[places[i]]));
  });
  return ofHost(data, shape, integer);
}

/**
 * Known numbers in another arrangement: every place of `shape` takes the number at the place that `from` tells. Sizes
 * and pads stay known so, through all that exporters do with them.
 *
 * @param from the place of a result, one index for an axis → the place in `host`
 * @returns nothing where there would be too many to be worth it
 */
export function arranged(
  host: HostValue,
  shape: readonly number[],
  from: (place: readonly number[]) => readonly number[],
): Value | undefined {
  const count = countOf(shape);
  if (!(count <= MOST_HOST)) return undefined;
  const place = shape.map(() => 0);
  const data = Array.from({ length: count }, (_, index) => {
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return host.data[from(place).reduce((at, i, axis) => at * host.shape[axis] + i, 0)];
  });
  return ofHost(data, shape, host.integer);
}

/** How far apart neighbours lie along each axis of `whole`; 0 where the value is repeated. */
function stridesOf(shape: readonly number[], whole: readonly number[]): number[] {
  const strides = whole.map(() => 0);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis + whole.length - shape.length] = shape[axis] === 1 ? 0 : step;
    step *= shape[axis];
  }
  return strides;
}
