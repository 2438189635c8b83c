/** Anything a browser can draw, and files. A `File` is a `Blob`. */
export type WebImageSource =
  | Blob
  | ImageBitmap
  | ImageData
  | OffscreenCanvas
  | HTMLCanvasElement
  | HTMLImageElement;

export interface ReadImageOptions {
  /** Larger pictures are refused; PNG, JPEG, WebP and GIF files before decoding. Default 50 million. */
  maxPixels?: number;
  /** Told about lossy choices, one sentence each. Default: `console.warn`. */
  onWarning?: (message: string) => void;
}
