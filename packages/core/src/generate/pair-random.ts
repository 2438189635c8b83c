import { createRandom, type Random } from '../random';

/**
 * The random choices of one pair: a stream of its own, which no other pair of the run has.
 *
 * @param seed any integer; its low 32 bits count
 * @param index 0…2³² − 1
 */
export function pairRandom(seed: number, index: number): Random {
  // Streams have 32 bits of seed. Hashing seed and index together would give two of 100,000 pairs the same one, more
  // likely than not; a scrambled seed plus the index never does.
  return createRandom((scramble(seed) + index) >>> 0);
}

/** A bijection of 32 bits (splitmix's finaliser), so that neighbouring seeds are far apart. */
function scramble(seed: number): number {
  let z = seed >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
