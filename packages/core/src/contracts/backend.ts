import type { EnhanceOptions } from '../enhance/options';
import type { Enhancement, EnhancementStep } from '../enhance/types';
import type { RasterImage } from './raster-image';

/** One file of weights as listed in a model manifest (`models.json`). */
export interface WeightFile {
  /** Absolute URL (`file:`, `https:`) of the file. */
  readonly url: string;
  /** Exact size in bytes; checked before the bytes are used. */
  readonly size: number;
  /** Lower-case hex SHA-256 of the content; checked before the bytes are used. */
  readonly sha256: string;
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

/** The type of `enhancePortraitSteps`. */
export type EnhancePortraitSteps = (
  image: RasterImage,
  options: EnhanceOptions,
) => AsyncGenerator<EnhancementStep, Enhancement, void>;

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
   * Takes over `enhancePortraitSteps`, and with it everything that is built on it: runs it elsewhere (a worker), or
   * explains the errors of the device. `here` runs it on this thread. Absent: `here` is called.
   */
  enhance?(
    image: RasterImage,
    options: EnhanceOptions,
    here: EnhancePortraitSteps,
  ): AsyncGenerator<EnhancementStep, Enhancement, void>;
}
