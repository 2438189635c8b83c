/** Bytes a working pixel takes at the peak of a step, gradients included: 2550 and 170 MB once were measured. */
const BYTES_PER_WORKING_PIXEL = 4096;

/** Plain arrays of the size of the photograph: source, portrait, two mattes, both layers and their solver. */
const BYTES_PER_SOURCE_PIXEL = 128;

/** What one device may hold at once. */
export interface Memory {
  /** Bytes in total, or `Infinity` where nobody tells. */
  readonly total: number;
  /** Bytes of the largest single tensor, or `Infinity`. */
  readonly tensor: number;
}

/** The widest feature map of the embedded networks at the working size. */
const WIDEST_CHANNELS = 32;

/** Largest working portrait and source for a memory, pixels. */
export function pixelLimits({ total, tensor }: Memory): {
  maxPixels: number;
  maxSourcePixels: number;
} {
  return {
    maxPixels: Math.floor(
      Math.min(total / BYTES_PER_WORKING_PIXEL, tensor / (4 * WIDEST_CHANNELS)),
    ),
    // Photographs stay outside of the device.
    maxSourcePixels: Math.floor(total / BYTES_PER_SOURCE_PIXEL),
  };
}

/**
 * Half of the memory of the machine, in bytes: the page is not alone. Browsers round it down to a few steps, and
 * some do not tell.
 */
export function availableMemory(): number {
  const deviceMemory = (globalThis.navigator as { deviceMemory?: number } | undefined)
    ?.deviceMemory;
  return deviceMemory === undefined ? Number.POSITIVE_INFINITY : (deviceMemory * 2 ** 30) / 2;
}
