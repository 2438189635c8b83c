/** How filters lie in the file: PyTorch's OIHW (depthwise C1HW), or TensorFlow's HWIO (depthwise HWC1). */
export type WeightLayout = 'pytorch' | 'tensorflow';

export type Order = readonly [number, number, number, number];

/** The axes of a filter from PyTorch's layout to the kernel's, which is TensorFlow's, and back. */
export interface AxisOrders {
  readonly to: Order;
  readonly from: Order;
}

/** Of Conv2d, and of ConvTranspose2d (IOHW ↔ HWOI). */
export const convolutionOrders: AxisOrders = { to: [2, 3, 1, 0], from: [3, 2, 0, 1] };
export const depthwiseOrders: AxisOrders = { to: [2, 3, 0, 1], from: [2, 3, 0, 1] };

/** `[shape[order[0]], shape[order[1]], …]`. */
export const permuted = (shape: readonly number[], order: Order): number[] =>
  order.map((axis) => shape[axis]);

/** Row-major values with their axes in another order, in a new array. */
export function transposeValues(
  values: Float32Array,
  shape: readonly number[],
  order: Order,
): Float32Array {
  const strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
  const [a, b, c, d] = permuted(strides, order);
  const [sizeA, sizeB, sizeC, sizeD] = permuted(shape, order);
  const result = new Float32Array(values.length);
  let at = 0;
  for (let i = 0; i < sizeA; i++) {
    for (let j = 0; j < sizeB; j++) {
      for (let k = 0; k < sizeC; k++) {
        for (let l = 0; l < sizeD; l++) result[at++] = values[i * a + j * b + k * c + l * d];
      }
    }
  }
  return result;
}
