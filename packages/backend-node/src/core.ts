/**
 * `@latent-matte/backend-node/core`: everything of `@latent-matte/core`'s main entry: the interfaces of every part, registries,
 * presets, latents. Its calls take pictures in any form.
 * @module @latent-matte/backend-node/core
 */
// core has these too, for pictures in memory only.

export * from '@latent-matte/core';
export { closedFormMatting } from './calls/closed-form-matting';
export { enhancePortrait } from './calls/enhance-portrait';
export { cutOutWithMatte, estimateForeground } from './calls/estimate-foreground';
export { invertPortrait } from './calls/invert-portrait';
export { refineMatte } from './calls/refine-matte';
export { cutOut, matte } from './cut-out/cut-out';
