/** Weights as plain arrays, from PyTorch's layouts to those of tfjs. Done once, on load. */

type Shape = readonly [output: number, input: number, height: number, width: number];

/** `[out, in, kh, kw]` → `[kh, kw, in, out]`, times `scale`. */
export function hwio(values: Float32Array, shape: Shape, scale: number): Float32Array {
  const [output, input] = shape;
  return rearranged(values, shape, scale, (o, i, k) => (k * input + i) * output + o);
}

/** Filter of the input gradient of a stride-1 convolution: `[out, in, kh, kw]` → `[kh, kw, out, in]`, rotated by 180°. */
export function adjointHwio(values: Float32Array, shape: Shape, scale: number): Float32Array {
  const [output, input, height, width] = shape;
  const last = height * width - 1;
  return rearranged(values, shape, scale, (o, i, k) => ((last - k) * output + o) * input + i);
}

/** @param place where the weight of output channel o, input channel i and tap k goes */
function rearranged(
  values: Float32Array,
  [output, input, height, width]: Shape,
  scale: number,
  place: (o: number, i: number, k: number) => number,
): Float32Array {
  const result = new Float32Array(values.length);
  const taps = height * width;
  for (let o = 0; o < output; o++) {
    for (let i = 0; i < input; i++) {
      const from = (o * input + i) * taps;
      for (let k = 0; k < taps; k++) result[place(o, i, k)] = values[from + k] * scale;
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
  [output, input, height, width]: Shape,
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
