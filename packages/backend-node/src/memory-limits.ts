import { totalmem } from 'node:os';
import type { BackendLimits } from '@latent-matte/core';

// Peak of the wasm heap with the compact networks, measured over working sizes 256² and 512² and sources of 256² and
// 2048²; larger networks need more. Networks and first buffers, then bytes per pixel.
const BASE_BYTES = 180 * 2 ** 20;
const BYTES_PER_WORKING_PIXEL = 3100;
const BYTES_PER_SOURCE_PIXEL = 283;
/** Beside a working portrait of this size the source must still fit: the preset `fast`. */
const USUAL_WORKING_PIXELS = 512 ** 2;

/** How much fits into `bytes` of tensors. */
export function limitsFor(bytes: number): BackendLimits {
  const free = bytes - BASE_BYTES;
  const pixels = (room: number, perPixel: number) => Math.max(0, Math.floor(room / perPixel));
  return {
    maxPixels: pixels(free, BYTES_PER_WORKING_PIXEL),
    maxSourcePixels: pixels(
      free - USUAL_WORKING_PIXELS * BYTES_PER_WORKING_PIXEL,
      BYTES_PER_SOURCE_PIXEL,
    ),
  };
}

/** Bytes this process may reasonably use: three quarters of the machine's memory or of its container's. */
export function processMemory(): number {
  // 0 or a huge number where nothing constrains the process.
  const constrained = process.constrainedMemory?.() ?? 0;
  return 0.75 * (constrained > 0 ? Math.min(constrained, totalmem()) : totalmem());
}
