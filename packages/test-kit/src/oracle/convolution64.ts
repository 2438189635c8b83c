import type { Borders } from '@latent-matte/core/ops';
import { at, type Map64, map64 } from './map64';

export interface Filter64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

interface Options {
  stride?: number;
  dilation?: number;
  borders: Borders;
}

const sizeOf = (length: number, kernel: number, stride: number, dilation: number): number =>
  Math.floor((length - dilation * (kernel - 1) - 1) / stride) + 1;

/** y[i, j, o] = b[o] + Σ f[k, l, c, o] x[s i + d k − top, s j + d l − left, c], filter `[kh, kw, in, out]`. */
export function convolution64(
  x: Map64,
  { shape: [kernelHeight, kernelWidth, input, output], data }: Filter64,
  { stride = 1, dilation = 1, borders: [top, bottom, left, right] }: Options,
  bias?: ArrayLike<number>,
): Map64 {
  const [batch, height, width] = x.shape;
  const rows = sizeOf(height + top + bottom, kernelHeight, stride, dilation);
  const columns = sizeOf(width + left + right, kernelWidth, stride, dilation);
  return map64([batch, rows, columns, output], (n, i, j, o) => {
    let sum = bias?.[o] ?? 0;
    for (let k = 0; k < kernelHeight; k++) {
      for (let l = 0; l < kernelWidth; l++) {
        for (let c = 0; c < input; c++) {
          const weight = data[((k * kernelWidth + l) * input + c) * output + o];
          sum +=
            weight * at(x, n, stride * i + dilation * k - top, stride * j + dilation * l - left, c);
        }
      }
    }
    return sum;
  });
}

/** Each channel with its own kernel, filter `[kh, kw, C, 1]`: the convolution with a diagonal filter. */
export function depthwise64(
  x: Map64,
  { shape: [kernelHeight, kernelWidth, channels], data }: Filter64,
  options: Options,
): Map64 {
  const full = new Float64Array(data.length * channels);
  for (let i = 0; i < data.length; i++) full[i * channels + (i % channels)] = data[i];
  const shape = [kernelHeight, kernelWidth, channels, channels];
  return convolution64(x, { shape, data: full }, options);
}

/** Every input sample paints the kernel, `[kh, kw, out, in]`, at its place: PyTorch's ConvTranspose2d. */
export function transposed64(
  x: Map64,
  { shape: [kernelHeight, kernelWidth, output, input], data }: Filter64,
  {
    stride,
    padding,
    outputPadding = 0,
  }: { stride: number; padding: number; outputPadding?: number },
  bias?: ArrayLike<number>,
): Map64 {
  const [batch, height, width] = x.shape;
  const rows = (height - 1) * stride - 2 * padding + kernelHeight + outputPadding;
  const columns = (width - 1) * stride - 2 * padding + kernelWidth + outputPadding;
  const y = map64([batch, rows, columns, output], (_n, _i, _j, o) => bias?.[o] ?? 0);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        for (let k = 0; k < kernelHeight; k++) {
          for (let l = 0; l < kernelWidth; l++) {
            const row = stride * i + k - padding;
            const column = stride * j + l - padding;
            if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
            for (let o = 0; o < output; o++) {
              for (let c = 0; c < input; c++) {
                y.data[((n * rows + row) * columns + column) * output + o] +=
                  data[((k * kernelWidth + l) * output + o) * input + c] * at(x, n, i, j, c);
              }
            }
          }
        }
      }
    }
  }
  return y;
}
