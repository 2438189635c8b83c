import { InvalidOptionError } from '@latent-matte/core';

/** The sizes that decide every shape of a StyleGAN2 network. */
export interface StyleGAN2Architecture {
  /** Side of the pictures, a power of two from 16 to 1024. */
  readonly resolution: number;
  /** Feature maps at 4², 8² … `resolution`². */
  readonly channels: readonly number[];
}

export interface StyleGAN2GeneratorArchitecture extends StyleGAN2Architecture {
  /** Length of w. */
  readonly styleSize: number;
  /** Length of z. */
  readonly latentSize: number;
  /** Fully connected layers of the mapping network. */
  readonly mappingLayers: number;
}

const MIN_RESOLUTION = 16;
const MAX_RESOLUTION = 1024;

/** @throws InvalidOptionError unless `resolution` is a power of two from 16 to 1024 */
export function assertResolution(resolution: number): void {
  const valid =
    Number.isInteger(Math.log2(resolution)) &&
    resolution >= MIN_RESOLUTION &&
    resolution <= MAX_RESOLUTION;
  if (valid) return;
  throw new InvalidOptionError(
    `A StyleGAN2 of resolution ${resolution} does not exist.`,
    `Use a power of two from ${MIN_RESOLUTION} to ${MAX_RESOLUTION}.`,
  );
}

/**
 * Feature maps at 4², 8² … resolution² of the published networks: min(base / r, max).
 *
 * ```ts
 * import { channelTable } from '@latent-matte/models';
 *
 * console.log(channelTable(256)); // of 4×4, 8×8 … 256×256
 * ```
 *
 * @param options base: 32768 (config-f, the default), config-e 16384; max: default 512
 */
export function channelTable(
  resolution: number,
  options: { base?: number; max?: number } = {},
): number[] {
  const { base = 32768, max = 512 } = options;
  assertResolution(resolution);
  const levels = Math.log2(resolution) - 1;
  return Array.from({ length: levels }, (_, level) => Math.min(base / 2 ** (level + 2), max));
}

/** Rows of W+: 2 log₂(resolution) − 2. */
export function layerCount(resolution: number): number {
  return 2 * Math.log2(resolution) - 2;
}

/** Side of the i-th noise map: 4 once, then 8, 8, 16, 16 … */
export function noiseSide(i: number): number {
  return 2 ** Math.floor((i + 5) / 2);
}
