/**
 * A picture as plain data, independent of any backend, file format or DOM.
 *
 * `data` is row-major and interleaved (`data[(y * width + x) * channels + c]`). Float data is in [0, 1];
 * integer data spans the range of its type (0…255, 0…65535). Colours are sRGB-encoded, not linear, and
 * not premultiplied. Browser `ImageData` satisfies this interface once `channels: 4` is added
 * (see `fromImageData`).
 */
export interface RasterImage {
  /** Pixels per row, ≥ 1. */
  readonly width: number;
  /** Rows, ≥ 1. */
  readonly height: number;
  /** 1 = map (alpha, trimap), 3 = RGB, 4 = RGBA. */
  readonly channels: 1 | 3 | 4;
  /** `width * height * channels` values. */
  readonly data: Float32Array | Uint8Array | Uint8ClampedArray | Uint16Array;
}

/** A {@link RasterImage} whose data is float32 in [0, 1]: what every function of this package returns. */
export interface FloatImage extends RasterImage {
  readonly data: Float32Array;
}
