import type { RasterImage } from './raster-image';

/** One file of weights as listed in a model manifest (`models.json`). */
export interface WeightFile {
  /**
   * Absolute URL (`file:`, `https:`) of the file; or `npm:@scope/name/path`, a file of a package that is installed apart.
   */
  readonly url: string;
  /** Exact size in bytes; checked before the bytes are used. */
  readonly size: number;
  /** Lower-case hex SHA-256 of the content; checked before the bytes are used. */
  readonly sha256: string;
  /**
   * Name under which the file is published, for instance `compact-matting.safetensors`: a bundler puts a hash into that
   * of the URL. Default: the last part of the URL.
   */
  readonly name?: string;
}

/** Bytes received so far, for a progress bar. */
export interface WeightProgress {
  readonly url: string;
  readonly loaded: number;
  readonly total: number;
}

/** What a backend found out about its device. */
export interface BackendLimits {
  /** Largest working area in pixels the device can optimise, or `Infinity`. */
  readonly maxPixels: number;
  /** Largest source in pixels that the memory holds; it never goes to the device. Default: no limit of its own. */
  readonly maxSourcePixels?: number;
}

/** How weights are brought. */
export interface ResolveWeightsOptions {
  /** Stops a download with an `AbortedError`. */
  readonly signal?: AbortSignal;
}

/** The public functions that take long: each asks the backend where it is to run. */
export type LongCallName =
  | 'enhancePortrait'
  | 'invertPortrait'
  | 'generatePortraits'
  | 'labelPortraits'
  | 'estimateForeground'
  | 'refineMatte'
  | 'closedFormMatting'
  | 'cutOut'
  | 'matte'
  | 'preload';

/** One call of such a function. */
export interface LongCall {
  readonly name: LongCallName;
  /** As the caller gave them; the options are last. */
  readonly arguments: readonly unknown[];
}

/** Binds tfjs, image files and weight files to one platform. Made by `useNodeBackend` or `useWebBackend`. */
export interface Backend {
  /** `node` or `web`. */
  readonly platform: 'node' | 'web';
  /** tfjs backend in use: `tensorflow`, `wasm`, `webgpu` or `cpu`. */
  readonly device: string;
  /** One line for people: device, version, and why it was chosen. */
  readonly description: string;
  readonly limits: BackendLimits;
  /** Decodes an image. What `source` may be depends on the platform (path, bytes, Blob, canvas …). */
  readImage(source: unknown): Promise<RasterImage>;
  /** Fetches a weight file and verifies size and SHA-256. */
  resolveWeights(
    file: WeightFile,
    onProgress?: (p: WeightProgress) => void,
    options?: ResolveWeightsOptions,
  ): Promise<Uint8Array>;
  /**
   * Takes over every long call, and with it all that is built on it: runs it elsewhere (a worker), or brings a lost
   * device back and explains its errors. Functions without steps yield nothing. Absent: `here` is called.
   *
   * @param here begins the call on this thread, each time anew
   */
  run?<Step, Result>(
    call: LongCall,
    here: () => AsyncGenerator<Step, Result, void>,
  ): AsyncGenerator<Step, Result, void>;
}
