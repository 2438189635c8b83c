import type { Random } from '../random';
import type { Picture } from './picture';

/** A square window of a picture. */
export interface Frame {
  /** Centre in pixels of the picture, side, rotation (radians), mirrored or not. */
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly angle: number;
  readonly flip: boolean;
}

/** Largest rotation (radians) and probability of a mirror image. */
export interface FrameOptions {
  readonly rotation: number;
  readonly flip: number;
}

/**
 * Head and shoulders: most of the picture, or a little more than all of it.
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { portraitFrame, sampleWindow } from '@latent-matte/core/fine-tune';
 * import type { Picture } from '@latent-matte/core/fine-tune';
 *
 * declare const person: Picture;
 * const frame = portraitFrame(createRandom(7), person, { rotation: 10, flip: 0.5 });
 * const pixels = sampleWindow(person, frame, 256);
 * ```
 */
export function portraitFrame(
  random: Random,
  { width, height }: Pick<Picture, 'width' | 'height'>,
  { rotation, flip }: FrameOptions,
): Frame {
  const longest = Math.max(width, height);
  const side = longest * (0.55 + 0.6 * random.uniform());
  const slack = Math.abs(width - side);
  return {
    side,
    x: width / 2 + (random.uniform() - 0.5) * slack * 1.2,
    // The body goes on below the picture, so the window never ends below it.
    y: side <= height ? side / 2 + random.uniform() * (height - side) : height - side / 2,
    angle: (random.uniform() - 0.5) * 2 * rotation,
    flip: random.uniform() < flip,
  };
}

/**
 * A window around a semi-transparent pixel, `size` pixels wide up to 0.6 to 1.4 of scale.
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { detailFrame, sampleWindow } from '@latent-matte/core/fine-tune';
 * import type { Picture } from '@latent-matte/core/fine-tune';
 *
 * declare const matte: Picture;
 * const frame = detailFrame(createRandom(7), matte, 256, { rotation: 10, flip: 0.5 });
 * const pixels = sampleWindow(matte, frame, 256);
 * ```
 */
export function detailFrame(
  random: Random,
  alpha: Picture,
  size: number,
  { rotation, flip }: FrameOptions,
): Frame {
  const side = size * (0.6 + 0.8 * random.uniform());
  let x = 0;
  let y = 0;
  // Most windows hold an edge; a source without one (or bad luck) gives a random window.
  for (let attempt = 0; attempt < 400; attempt++) {
    x = random.integer(alpha.width);
    y = random.integer(alpha.height);
    const value = alpha.data[y * alpha.width + x];
    if (value > 5 && value < 250) break;
  }
  const angle = (random.uniform() - 0.5) * 2 * rotation;
  // Keep the rotated window inside the source: repeated borders would teach streaks.
  const reach = (side / 2) * (Math.cos(angle) + Math.abs(Math.sin(angle)));
  const keep = (at: number, length: number) => Math.min(length - reach, Math.max(reach, at));
  return {
    side,
    x: keep(x + (random.uniform() - 0.5) * side * 0.6, alpha.width),
    y: keep(y + (random.uniform() - 0.5) * side * 0.6, alpha.height),
    angle,
    flip: random.uniform() < flip,
  };
}

/**
 * From a third of a scene to all of it: small windows give the blur of a shallow depth of field.
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { backgroundFrame, sampleWindow } from '@latent-matte/core/fine-tune';
 * import type { Picture } from '@latent-matte/core/fine-tune';
 *
 * declare const beach: Picture;
 * const pixels = sampleWindow(beach, backgroundFrame(createRandom(7), beach), 256);
 * ```
 */
export function backgroundFrame(
  random: Random,
  { width, height }: Pick<Picture, 'width' | 'height'>,
): Frame {
  const side = Math.min(width, height) * (0.3 + 0.7 * random.uniform());
  return {
    side,
    x: side / 2 + random.uniform() * (width - side),
    y: side / 2 + random.uniform() * (height - side),
    angle: 0,
    flip: random.uniform() < 0.5,
  };
}

/**
 * The window at `size × size` pixels, bilinear, the border repeated; from the half-size copy where it shrinks by more
 * than 1.5.
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { backgroundFrame, sampleWindow } from '@latent-matte/core/fine-tune';
 * import type { Picture } from '@latent-matte/core/fine-tune';
 *
 * declare const beach: Picture;
 * const pixels = sampleWindow(beach, backgroundFrame(createRandom(7), beach), 256);
 * ```
 *
 * @returns interleaved; colours in [0, 1], one-channel maps in 0…255
 */
export function sampleWindow(picture: Picture, frame: Frame, size: number): Float32Array {
  const [a, b, c, d, e, f] = mappingOf(frame, size);
  const shrink = Math.hypot(a, d) > 1.5;
  const factor = shrink ? 0.5 : 1;
  const data = shrink ? picture.half : picture.data;
  const width = shrink ? picture.width >> 1 : picture.width;
  const height = shrink ? picture.height >> 1 : picture.height;
  const { channels } = picture;
  const offset = shrink ? -0.25 : 0;
  const result = new Float32Array(size * size * channels);
  let i = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sx = (a * x + b * y + c) * factor + offset;
      const sy = (d * x + e * y + f) * factor + offset;
      const cx = sx < 0 ? 0 : Math.min(sx, width - 1);
      const cy = sy < 0 ? 0 : Math.min(sy, height - 1);
      const x0 = cx | 0;
      const y0 = cy | 0;
      const x1 = x0 < width - 1 ? x0 + 1 : x0;
      const y1 = y0 < height - 1 ? y0 + 1 : y0;
      const fx = cx - x0;
      const fy = cy - y0;
      const p00 = (y0 * width + x0) * channels;
      const p01 = (y0 * width + x1) * channels;
      const p10 = (y1 * width + x0) * channels;
      const p11 = (y1 * width + x1) * channels;
      for (let k = 0; k < channels; k++) {
        const top = data[p00 + k] + (data[p01 + k] - data[p00 + k]) * fx;
        const bottom = data[p10 + k] + (data[p11 + k] - data[p10 + k]) * fx;
        const value = top + (bottom - top) * fy;
        result[i++] = channels === 3 ? value / 255 : value;
      }
    }
  }
  return result;
}

/** Affine map from pixels of the window to pixels of the picture: x' = ax + by + c, y' = dx + ey + f. */
type Mapping = readonly [number, number, number, number, number, number];

function mappingOf(frame: Frame, size: number): Mapping {
  const scale = frame.side / size;
  const cos = Math.cos(frame.angle) * scale;
  const sin = Math.sin(frame.angle) * scale;
  const mirror = frame.flip ? -1 : 1;
  const half = (size - 1) / 2;
  const a = cos * mirror;
  const d = sin * mirror;
  return [
    a,
    -sin,
    frame.x - 0.5 - a * half + sin * half,
    d,
    cos,
    frame.y - 0.5 - d * half - cos * half,
  ];
}
