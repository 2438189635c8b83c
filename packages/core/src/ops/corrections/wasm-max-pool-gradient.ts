import { backend_util, MaxPoolGrad, type TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCorrection, WasmBackend } from './types';

type Shape4D = [number, number, number, number];

interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: number | 'same' | 'valid';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * tfjs's kernel starts each window from the smallest positive float, so a window without a positive value passes
 * no gradient. This one starts from −∞, and gives the gradient to the first maximum in row-major order.
 */
export const wasmMaxPoolGradient: KernelCorrection = {
  kernelName: MaxPoolGrad,
  backendName: 'wasm',
  replaces: true,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
    const wasm = backend as WasmBackend;
    const info = backend_util.computePool2DInfo(
      input.shape as Shape4D,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const dx = wasm.makeOutput(input.shape, 'float32');
    scatter(
      wasm.typedArrayFromHeap(input),
      wasm.typedArrayFromHeap(dy),
      wasm.typedArrayFromHeap(dx),
      info,
    );
    return dx;
  },
};

function scatter(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  dx: backend_util.TypedArray,
  info: backend_util.Conv2DInfo,
): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info;
  const { top, left } = info.padInfo;
  dx.fill(0);
  // All channels of a window at once: they lie side by side.
  const largest = new Float32Array(channels);
  const place = new Int32Array(channels);
  let from = 0;
  for (let n = 0; n < batchSize; n++) {
    for (let i = 0; i < outHeight; i++) {
      const y = i * info.strideHeight - top;
      for (let j = 0; j < outWidth; j++) {
        const z = j * info.strideWidth - left;
        largest.fill(Number.NEGATIVE_INFINITY);
        place.fill(-1);
        const lastRow = Math.min(inHeight, y + info.effectiveFilterHeight);
        const lastColumn = Math.min(inWidth, z + info.effectiveFilterWidth);
        for (let row = Math.max(0, y); row < lastRow; row++) {
          for (let column = Math.max(0, z); column < lastColumn; column++) {
            const start = ((n * inHeight + row) * inWidth + column) * channels;
            for (let c = 0; c < channels; c++) {
              const value = x[start + c];
              if (value > largest[c]) {
                largest[c] = value;
                place[c] = start + c;
              }
            }
          }
        }
        for (let c = 0; c < channels; c++, from++) {
          if (place[c] >= 0) dx[place[c]] += dy[from];
        }
      }
    }
  }
}
