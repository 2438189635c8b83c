/**
 * A seeded stream of random numbers: PCG-like quality is not needed, reproducibility on every platform is.
 * sfc32 (Chris Doty-Humphrey's "small fast chaotic" generator, 128-bit state) with a splitmix32 seeder.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** `count` standard normals. */
  normals(count: number): Float32Array;
  /** An independent stream; the same name always gives the same stream. */
  fork(name: string): Random;
}

/**
 * Random numbers, the same for a seed on every machine.
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 *
 * const random = createRandom(7);
 * const die = 1 + random.integer(6);
 * const styles = random.fork('styles').normals(512);
 * ```
 *
 * @param seed any integer; only its low 32 bits count.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();

  let spare: number | undefined;
  const random: Random = {
    uniform: () => next() / 4294967296,
    integer: (bound) => Math.floor((next() / 4294967296) * bound),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
      const angle = 2 * Math.PI * random.uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    normals(count) {
      const values = new Float32Array(count);
      for (let i = 0; i < count; i++) values[i] = random.normal();
      return values;
    },
    fork(name) {
      let hash = 0x811c9dc5 ^ (seed >>> 0);
      for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
      return createRandom(hash >>> 0);
    },
  };
  return random;
}
