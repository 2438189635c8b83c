import { InvalidImageError } from '@latent-matte/core';

// What libvips takes for other values than a TIFF's tags say, it takes silently: half floats in grey for black, floats
// where 0 is white for floats where 1 is, signed numbers for half of what they are.

const [BITS, PHOTOMETRIC, SAMPLE_FORMAT] = [258, 262, 339];
const SIGNED = 2;
const FLOAT = 3;
const COMPLEX = [5, 6];
const WHITE_IS_ZERO = 0;
const GREY = 1;
const RGB = 2;

const AS_INTEGERS = 'Save it with whole numbers of 8 or 16 bits.';

/**
 * Checks what the samples of a TIFF mean, by the tags of its first picture. What cannot be read of them is left to the
 * decoder.
 * @throws InvalidImageError samples that would be read as other values, or not at all
 */
export function checkTiff(label: string, bytes: Uint8Array): void {
  const tags = tiffTags(bytes);
  const format = tags.get(SAMPLE_FORMAT) ?? 1;
  const photometric = tags.get(PHOTOMETRIC);
  const bits = tags.get(BITS);
  if (format === SIGNED) {
    throw new InvalidImageError(
      `${label} has signed samples, of which nothing tells what is black and what is white.`,
      AS_INTEGERS,
    );
  }
  if (COMPLEX.includes(format)) {
    throw new InvalidImageError(`${label} has complex samples.`, AS_INTEGERS);
  }
  if (format !== FLOAT) return;
  if (photometric !== GREY && photometric !== RGB) {
    throw new InvalidImageError(
      `${label} has floating-point samples ${photometric === WHITE_IS_ZERO ? 'of which 0 is white' : 'that are neither grey nor RGB'}.`,
      'Save it as grey (0 is black) or RGB.',
    );
  }
  if (bits !== 32 && !(bits === 16 && photometric === RGB)) {
    throw new InvalidImageError(
      `${label} has floating-point samples of ${bits} bits${photometric === GREY ? ' in grey' : ''}, which are not read.`,
      'Save it with floats of 32 bits, or whole numbers of 8 or 16.',
    );
  }
}

/** First values of the whole-number tags of the first picture; empty where there is no whole directory. */
function tiffTags(bytes: Uint8Array): Map<number, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tags = new Map<number, number>();
  const little = bytes[0] === 0x49;
  const big = bytes[little ? 2 : 3] === 43;
  const offset = (at: number): number =>
    big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const [entrySize, countSize, fits] = big ? [20, 8, 8] : [12, 2, 4];
  const whole = (at: number, size: number): boolean => at >= 0 && at + size <= bytes.length;
  if (!whole(big ? 8 : 4, fits)) return tags;
  const directory = offset(big ? 8 : 4);
  if (!whole(directory, countSize)) return tags;
  const count = view.getUint16(big && !little ? directory + 6 : directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + countSize + i * entrySize;
    if (!whole(entry, entrySize)) break;
    // Only what holds 16-bit numbers is asked for: the format, the bits and the meaning of samples.
    if (view.getUint16(entry + 2, little) !== 3) continue;
    const values = big
      ? Number(view.getBigUint64(entry + 4, little))
      : view.getUint32(entry + 4, little);
    const inPlace = entry + entrySize - fits;
    const at = 2 * values <= fits ? inPlace : offset(inPlace);
    if (whole(at, 2)) tags.set(view.getUint16(entry, little), view.getUint16(at, little));
  }
  return tags;
}
