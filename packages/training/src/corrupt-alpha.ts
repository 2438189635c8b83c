import type { Random } from '@latent-matte/core';

/**
 * Damages a matte the way matting networks fail: an edge too far in or out, too soft or too hard, holes and
 * leaks along the edge. `alpha` is `size × size` in [0, 1]; the result is a new array.
 */
export function corruptAlpha(alpha: Float32Array, size: number, random: Random): Float32Array {
  let result = alpha;
  const kind = random.uniform();
  if (kind < 0.3) result = extreme(result, size, 3 + random.integer(6), random.uniform() < 0.7);
  else if (kind < 0.5) result = blur(result, size, 4 + random.integer(8));
  if (kind >= 0.4 && kind < 0.75) {
    const threshold = 0.2 + 0.6 * random.uniform();
    const slope = 1.5 + 6 * random.uniform();
    result = result.map((a) => Math.min(1, Math.max(0, (a - threshold) * slope + 0.5)));
  }
  if (kind >= 0.6) result = addBlotches(result, size, random);
  return result;
}

/** Maximum (grow) or minimum (shrink) over a square of side 2·radius + 1. */
function extreme(alpha: Float32Array, size: number, radius: number, grow: boolean): Float32Array {
  const pick = grow ? Math.max : Math.min;
  return separable(alpha, size, (line, i) => {
    let value = line(i);
    for (let k = 1; k <= radius; k++) value = pick(value, line(i - k), line(i + k));
    return value;
  });
}

function blur(alpha: Float32Array, size: number, radius: number): Float32Array {
  return separable(alpha, size, (line, i) => {
    let sum = line(i);
    for (let k = 1; k <= radius; k++) sum += line(i - k) + line(i + k);
    return sum / (2 * radius + 1);
  });
}

function separable(
  alpha: Float32Array,
  size: number,
  filter: (line: (i: number) => number, i: number) => number,
): Float32Array {
  const clamp = (i: number) => (i < 0 ? 0 : i >= size ? size - 1 : i);
  const rows = new Float32Array(alpha.length);
  for (let y = 0; y < size; y++) {
    const line = (x: number) => alpha[y * size + clamp(x)];
    for (let x = 0; x < size; x++) rows[y * size + x] = filter(line, x);
  }
  const result = new Float32Array(alpha.length);
  for (let x = 0; x < size; x++) {
    const line = (y: number) => rows[clamp(y) * size + x];
    for (let y = 0; y < size; y++) result[y * size + x] = filter(line, y);
  }
  return result;
}

/** Smooth random errors near the edge of the matte. */
function addBlotches(alpha: Float32Array, size: number, random: Random): Float32Array {
  const cell = 8 + random.integer(16);
  const grid = Math.ceil(size / cell) + 2;
  const noise = random.normals(grid * grid);
  const strength = 0.6 + 0.9 * random.uniform();
  const near = blur(
    alpha.map((a) => (a > 0.02 && a < 0.98 ? 1 : 0)),
    size,
    6,
  );
  return alpha.map((a, i) => {
    const y = Math.floor(i / size) / cell;
    const x = (i % size) / cell;
    const y0 = Math.floor(y);
    const x0 = Math.floor(x);
    const at = (dy: number, dx: number) => noise[(y0 + dy) * grid + x0 + dx];
    const top = at(0, 0) + (at(0, 1) - at(0, 0)) * (x - x0);
    const bottom = at(1, 0) + (at(1, 1) - at(1, 0)) * (x - x0);
    const value = top + (bottom - top) * (y - y0);
    return Math.min(1, Math.max(0, a + value * strength * Math.min(1, near[i] * 2)));
  });
}
