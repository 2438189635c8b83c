/** Weights as plain arrays, from PyTorch's layouts to those of tfjs. Done once, on load. */

/**
 * `[out, in, kh, kw]` → `[kh, kw, in, out]`, times `scale`.
 */
export function hwio(
  values: Float32Array,
  [output, input, height, width]: readonly [number, number, number, number],
  scale: number,
): Float32Array {
  const result = new Float32Array(values.length);
  const taps = height * width;
  for (let o = 0; o < output; o++) {
    for (let i = 0; i < input; i++) {
      const from = (o * input + i) * taps;
      for (let k = 0; k < taps; k++)
        result[(k * input + i) * output + o] = values[from + k] * scale;
    }
  }
  return result;
}

/** Filter of the input gradient of a stride-1 convolution: `[out, in, kh, kw]` → `[kh, kw, out, in]`, rotated by 180°. */
export function adjointHwio(
  values: Float32Array,
  [output, input, height, width]: readonly [number, number, number, number],
  scale: number,
): Float32Array {
  const result = new Float32Array(values.length);
  const taps = height * width;
  for (let o = 0; o < output; o++) {
    for (let i = 0; i < input; i++) {
      const from = (o * input + i) * taps;
      for (let k = 0; k < taps; k++) {
        result[((taps - 1 - k) * output + o) * input + i] = values[from + k] * scale;
      }
    }
  }
  return result;
}

/** `[rows, columns]` → `[columns, rows]`, times `scale`. */
export function transposed(
  values: Float32Array,
  rows: number,
  columns: number,
  scale: number,
): Float32Array {
  return hwio(values, [rows, columns, 1, 1], scale);
}

/** Σₖ W² over the taps of `[out, in, kh, kw]`, as `[in, out]`, times `scale`²: for demodulation. */
export function squaredTaps(
  values: Float32Array,
  [output, input, height, width]: readonly [number, number, number, number],
  scale: number,
): Float32Array {
  const result = new Float32Array(input * output);
  const taps = height * width;
  for (let o = 0; o < output; o++) {
    for (let i = 0; i < input; i++) {
      const from = (o * input + i) * taps;
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += (values[from + k] * scale) ** 2;
      result[i * output + o] = sum;
    }
  }
  return result;
}

export function scaled(values: Float32Array, scale: number): Float32Array {
  return values.map((value) => value * scale);
}
