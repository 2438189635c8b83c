import type { Random } from '@latent-matte/core';
import type { DataSet, Picture } from './data-set';

/** One training example, plain data. */
export interface Example {
  /** `size × size` RGB in [0, 1], interleaved. */
  readonly image: Float32Array;
  /** `size × size` in [0, 1]. */
  readonly alpha: Float32Array;
  /** Foreground colours, as `image`. For photographs used as they are: the estimate. */
  readonly foreground: Float32Array;
  /** The background it was composed with; `undefined` for photographs used as they are. */
  readonly background: Float32Array | undefined;
}

export interface SamplerOptions {
  /** Side of the example, pixels. */
  readonly size: number;
  /**
   * `portrait`: the whole head and shoulders, as the trimap network sees them.
   * `detail`: a window around a random semi-transparent pixel, at about the resolution of the data.
   */
  readonly framing: 'portrait' | 'detail';
  /** Share of photographs used as they are, with their estimated matte. Default 0.25. */
  readonly natural?: number;
}

/** Draws a random example: framing, flip, rotation, colours, background, noise. */
export function drawExample(data: DataSet, random: Random, options: SamplerOptions): Example {
  const { size, framing, natural = 0.25 } = options;
  const portrait = data.portraits[random.integer(data.portraits.length)];
  const frame =
    framing === 'portrait'
      ? portraitFrame(random, portrait.alpha.width)
      : detailFrame(random, portrait.alpha, size);
  const map = frameMapping(frame, size);

  const alpha = sample(portrait.alpha, map, size);
  for (let i = 0; i < alpha.length; i++) alpha[i] /= 255;
  const foreground = sample(portrait.foreground, map, size);
  const pixels = size * size;
  if (random.uniform() < natural) {
    const image = sample(portrait.image, map, size);
    const colors = drawColors(random, 0.5);
    applyColors(image, colors);
    applyColors(foreground, colors);
    addNoise(image, random);
    return { image, alpha, foreground, background: undefined };
  }
  const scene = data.backgrounds[random.integer(data.backgrounds.length)];
  const background = sampleBackground(scene, random, size);
  applyColors(foreground, drawColors(random, 1));
  applyColors(background, drawColors(random, 1));
  const image = new Float32Array(pixels * 3);
  for (let p = 0; p < pixels; p++) {
    const a = alpha[p];
    for (let c = 0; c < 3; c++) {
      const i = p * 3 + c;
      image[i] = a * foreground[i] + (1 - a) * background[i];
    }
  }
  addNoise(image, random);
  return { image, alpha, foreground, background };
}

/** A random window of a scene, `size × size` RGB in [0, 1]. */
export function sampleBackground(scene: Picture, random: Random, size: number): Float32Array {
  return sample(scene, backgroundMapping(random, size), size);
}

interface Frame {
  /** Centre of the window in source pixels, side of the window, rotation (radians), mirrored or not. */
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly angle: number;
  readonly flip: boolean;
}

function portraitFrame(random: Random, source: number): Frame {
  const side = source * (0.55 + 0.6 * random.uniform());
  const slack = Math.abs(source - side);
  return {
    side,
    x: source / 2 + (random.uniform() - 0.5) * slack * 1.2,
    // The body goes on below the picture, so the window never ends below it.
    y: side <= source ? side / 2 + random.uniform() * (source - side) : source - side / 2,
    angle: (random.uniform() - 0.5) * 0.3,
    flip: random.uniform() < 0.5,
  };
}

function detailFrame(random: Random, alpha: Picture, size: number): Frame {
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
  const angle = (random.uniform() - 0.5) * 0.5;
  // Keep the rotated window inside the source: repeated borders would teach streaks.
  const reach = (side / 2) * (Math.cos(angle) + Math.abs(Math.sin(angle)));
  const keep = (at: number, length: number) => Math.min(length - reach, Math.max(reach, at));
  return {
    side,
    x: keep(x + (random.uniform() - 0.5) * side * 0.6, alpha.width),
    y: keep(y + (random.uniform() - 0.5) * side * 0.6, alpha.height),
    angle,
    flip: random.uniform() < 0.5,
  };
}

/** Affine map from example pixels to source pixels: `[a, b, c, d, e, f]`, x' = ax + by + c, y' = dx + ey + f. */
type Mapping = readonly [number, number, number, number, number, number];

function frameMapping(frame: Frame, size: number): Mapping {
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

function backgroundMapping(random: Random, size: number): Mapping {
  // From a third of the scene to all of it: small windows give the blur of a shallow depth of field.
  const side = 320 * (0.3 + 0.7 * random.uniform());
  return frameMapping(
    {
      side,
      x: side / 2 + random.uniform() * (480 - side),
      y: side / 2 + random.uniform() * (320 - side),
      angle: 0,
      flip: random.uniform() < 0.5,
    },
    size,
  );
}

/** Bilinear, border repeated; from the half-size copy where the map shrinks by more than 1.5. */
function sample(picture: Picture, map: Mapping, size: number): Float32Array {
  const shrink = Math.hypot(map[0], map[3]) > 1.5;
  const factor = shrink ? 0.5 : 1;
  const data = shrink ? picture.half : picture.data;
  const width = picture.width * factor;
  const height = picture.height * factor;
  const { channels } = picture;
  const offset = shrink ? -0.25 : 0;
  const [a, b, c, d, e, f] = map;
  const result = new Float32Array(size * size * channels);
  let i = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sx = (a * x + b * y + c) * factor + offset;
      const sy = (d * x + e * y + f) * factor + offset;
      const cx = sx < 0 ? 0 : sx > width - 1 ? width - 1 : sx;
      const cy = sy < 0 ? 0 : sy > height - 1 ? height - 1 : sy;
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

interface Colors {
  readonly gain: readonly number[];
  readonly gamma: number;
  readonly saturation: number;
}

function drawColors(random: Random, strength: number): Colors {
  const spread = (amount: number) => Math.exp((random.uniform() - 0.5) * 2 * amount * strength);
  const brightness = spread(0.3);
  return {
    gain: [brightness * spread(0.1), brightness * spread(0.1), brightness * spread(0.1)],
    gamma: spread(0.3),
    saturation: spread(0.5),
  };
}

function applyColors(image: Float32Array, { gain, gamma, saturation }: Colors): void {
  // A table instead of a power per value: gamma curves are smooth, 1024 entries are exact enough.
  const curve = Float32Array.from({ length: 1025 }, (_, i) => (i / 1024) ** gamma);
  for (let i = 0; i < image.length; i += 3) {
    const grey = 0.299 * image[i] + 0.587 * image[i + 1] + 0.114 * image[i + 2];
    for (let c = 0; c < 3; c++) {
      const value = (grey + (image[i + c] - grey) * saturation) * gain[c];
      image[i + c] = curve[value <= 0 ? 0 : value >= 1 ? 1024 : (value * 1024) | 0];
    }
  }
}

function addNoise(image: Float32Array, random: Random): void {
  if (random.uniform() < 0.5) return;
  const sigma = 0.025 * random.uniform() * Math.sqrt(3);
  for (let i = 0; i < image.length; i++) {
    const value = image[i] + (random.uniform() - 0.5) * 2 * sigma;
    image[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
}

/**
 * Trimap of a matte: unknown where 0.02 < α < 0.98, grown by `outward` pixels into the background and
 * `inward` pixels into the foreground. 0 = background, 1 = unknown, 2 = foreground.
 */
export function trimapOf(
  alpha: Float32Array,
  width: number,
  height: number,
  outward: number,
  inward: number,
): Uint8Array {
  const unknown = new Uint8Array(alpha.length);
  for (let i = 0; i < alpha.length; i++) unknown[i] = alpha[i] > 0.02 && alpha[i] < 0.98 ? 1 : 0;
  // A hard edge between sure classes is an edge too.
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const sure = alpha[i] >= 0.5;
      if (x > 0 && sure !== alpha[i - 1] >= 0.5) unknown[i] = 1;
      if (y > 0 && sure !== alpha[i - width] >= 0.5) unknown[i] = 1;
    }
  }
  const far = grow(unknown, width, height, outward);
  const near = grow(unknown, width, height, inward);
  const trimap = new Uint8Array(alpha.length);
  for (let i = 0; i < alpha.length; i++) {
    const isUnknown = unknown[i] === 1 || (alpha[i] >= 0.5 ? near[i] : far[i]) === 1;
    trimap[i] = isUnknown ? 1 : alpha[i] >= 0.5 ? 2 : 0;
  }
  return trimap;
}

/** Separable maximum over a square of side 2·radius + 1. */
function grow(mask: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  if (radius <= 0) return mask;
  const rows = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    let last = -radius - 1;
    const at = y * width;
    for (let x = 0; x < width; x++) {
      if (mask[at + x] === 1) {
        const from = Math.max(x - radius, last + 1, 0);
        const to = Math.min(width - 1, x + radius);
        for (let k = from; k <= to; k++) rows[at + k] = 1;
        last = to;
      }
    }
  }
  const result = new Uint8Array(mask.length);
  for (let x = 0; x < width; x++) {
    let last = -1;
    for (let y = 0; y < height; y++) {
      if (rows[y * width + x] === 1) {
        const from = Math.max(y - radius, last + 1, 0);
        const to = Math.min(height - 1, y + radius);
        for (let k = from; k <= to; k++) result[k * width + x] = 1;
        last = to;
      }
    }
  }
  return result;
}
