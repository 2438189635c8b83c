import { totalmem } from 'node:os';
import type { BackendLimits } from '@latent-matte/core';

// Peak of the wasm heap with the compact networks, measured over working sizes of 256² and 512²; larger networks need
// more. Networks and first buffers, then bytes per pixel.
const BASE_BYTES = 180 * 2 ** 20;
const BYTES_PER_WORKING_PIXEL = 3100;
/**
 * Plain arrays of the size of the photograph: source, portrait, two mattes, both layers and their solver. From 12 to 24
 * megapixels the resident memory grew by 73 bytes a pixel.
 */
const BYTES_PER_SOURCE_PIXEL = 128;

/** How much fits into `bytes` of tensors, and into the memory of this process. */
export function limitsFor(bytes: number): BackendLimits {
  return {
    maxPixels: Math.max(0, Math.floor((bytes - BASE_BYTES) / BYTES_PER_WORKING_PIXEL)),
    maxSourcePixels: maxSourcePixels(),
  };
}

/** Photographs stay outside of the device, so that only memory bounds them. */
export function maxSourcePixels(): number {
  return Math.floor(processMemory() / BYTES_PER_SOURCE_PIXEL);
}

/** Bytes this process may reasonably use: three quarters of the machine's memory or of its container's. */
export function processMemory(): number {
  // 0 or a huge number where nothing constrains the process.
  const constrained = process.constrainedMemory?.() ?? 0;
  return 0.75 * (constrained > 0 ? Math.min(constrained, totalmem()) : totalmem());
}
