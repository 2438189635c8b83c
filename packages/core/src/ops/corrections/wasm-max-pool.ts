import {
  backend_util,
  MaxPoolGrad,
  MaxPoolWithArgmax,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { KernelCorrection, WasmBackend } from './types';

type Shape4D = [number, number, number, number];

interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: number | 'same' | 'valid';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  includeBatchInIndex?: boolean;
}

/**
 * tfjs's kernels start each window from the smallest positive float: one without a positive value passes no
 * gradient, and has a wrong index. These start from −∞ and take the first maximum in row-major order.
 */
export const wasmMaxPool: readonly KernelCorrection[] = [
  {
    kernelName: MaxPoolGrad,
    backendName: 'wasm',
    replaces: true,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
      const wasm = backend as WasmBackend;
      const dx = wasm.makeOutput(input.shape, 'float32');
      const places = firstMaxima(wasm.typedArrayFromHeap(input), infoOf(input, attrs));
      const slope = wasm.typedArrayFromHeap(dy);
      const sum = wasm.typedArrayFromHeap(dx).fill(0);
      for (let i = 0; i < places.length; i++) if (places[i] >= 0) sum[places[i]] += slope[i];
      return dx;
    },
  },
  {
    kernelName: MaxPoolWithArgmax,
    backendName: 'wasm',
    replaces: true,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const x = inputs.x as TensorInfo;
      const wasm = backend as WasmBackend;
      const info = infoOf(x, attrs);
      const result = wasm.makeOutput(info.outShape, 'float32');
      const indexes = wasm.makeOutput(info.outShape, 'int32');
      const values = wasm.typedArrayFromHeap(x);
      const places = firstMaxima(values, info);
      const [largest, index] = [result, indexes].map((out) => wasm.typedArrayFromHeap(out));
      const { includeBatchInIndex } = attrs as unknown as PoolAttributes;
      const image = includeBatchInIndex ? values.length : values.length / info.batchSize;
      for (let i = 0; i < places.length; i++) {
        largest[i] = values[places[i]];
        index[i] = places[i] % image;
      }
      return [result, indexes];
    },
  },
];

function infoOf(x: TensorInfo, attributes: unknown): backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as PoolAttributes;
  return backend_util.computePool2DInfo(
    x.shape as Shape4D,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

/** Where in the map the first maximum of each window is; −1 where there is none (NaN). */
function firstMaxima(x: ArrayLike<number>, info: backend_util.Conv2DInfo): Int32Array {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info;
  const { top, left } = info.padInfo;
  const places = new Int32Array(batchSize * outHeight * outWidth * channels).fill(-1);
  // All channels of a window at once: they lie side by side.
  const largest = new Float32Array(channels);
  let out = 0;
  for (let n = 0; n < batchSize; n++) {
    for (let i = 0; i < outHeight; i++) {
      const y = i * info.strideHeight - top;
      const lastRow = Math.min(inHeight, y + info.effectiveFilterHeight);
      for (let j = 0; j < outWidth; j++, out += channels) {
        const z = j * info.strideWidth - left;
        const lastColumn = Math.min(inWidth, z + info.effectiveFilterWidth);
        largest.fill(Number.NEGATIVE_INFINITY);
        for (let row = Math.max(0, y); row < lastRow; row++) {
          for (let column = Math.max(0, z); column < lastColumn; column++) {
            const start = ((n * inHeight + row) * inWidth + column) * channels;
            for (let c = 0; c < channels; c++) {
              const value = x[start + c];
              if (value > largest[c]) {
                largest[c] = value;
                places[out + c] = start + c;
              }
            }
          }
        }
      }
    }
  }
  return places;
}
