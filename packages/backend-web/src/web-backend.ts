import type { Backend, RasterImage } from '@latent-matte/core';
import type { ReadImageOptions, WebImageSource } from './image-source';

/** The {@link Backend} of browsers, for pages and workers. */
export interface WebBackend extends Backend {
  readonly platform: 'web';
  readImage(source: WebImageSource, options?: ReadImageOptions): Promise<RasterImage>;
  /**
   * Stops the worker, and what runs in it with a `BackendError`, or gives the graphics device back. After that
   * the backend is of no use; start another.
   */
  dispose(): void;
}
