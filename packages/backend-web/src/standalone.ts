/**
 * Everything in one file, for pages without a bundler: they cannot share the modules of two entries.
 * @module @latent-matte/backend-web/standalone
 */
export * from './checkpoints';
export * from './core';
export * from './evaluate';
export * from './fine-tune';
export * from './generate';
export * from './index';
export * from './models';
export * from './ops';
