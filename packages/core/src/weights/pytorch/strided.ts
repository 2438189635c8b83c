import { WeightFormatError } from '../../errors';
import { describeValue } from '../pickle/pickle-values';

const MAX_DIMENSIONS = 64;

/** A list of whole numbers ≥ 0 from a pickle: a shape, or strides. @throws WeightFormatError otherwise */
export function counts(value: unknown, what: string): number[] {
  const sound = (item: unknown) => Number.isSafeInteger(item) && (item as number) >= 0;
  if (!Array.isArray(value) || value.length > MAX_DIMENSIONS || !value.every(sound)) {
    const text = Array.isArray(value)
      ? `[${value.slice(0, 8).map(describeValue).join(', ')}]`
      : describeValue(value);
    throw new WeightFormatError(`A tensor has the ${what} ${text}; expected whole numbers ≥ 0.`);
  }
  return value;
}

/** How a tensor lies in memory, in elements. */
export interface StridedLayout {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Number of elements; not exact beyond 2⁵³, which is more than any file holds. */
export const countElements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** True when the elements lie in row-major order without gaps. */
export function isContiguous({ shape, strides }: StridedLayout): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Index of the last element, or -1 when there is none. */
export function lastIndex({ shape, strides, offset }: StridedLayout): number {
  if (shape.includes(0)) return -1;
  return shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
}

/** Copies the elements into row-major order. The layout must lie within `source`. */
export function gather(
  source: Uint8Array,
  layout: StridedLayout,
  elementBytes: number,
): Uint8Array {
  const { shape, strides } = layout;
  const bytes = new Uint8Array(countElements(shape) * elementBytes);
  const index = shape.map(() => 0);
  let from = layout.offset;
  for (let to = 0; to < bytes.length; to += elementBytes) {
    for (let i = 0; i < elementBytes; i++) bytes[to + i] = source[from * elementBytes + i]!;
    // An odometer: the last axis turns fastest.
    for (let axis = index.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return bytes;
}
