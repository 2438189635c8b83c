import { InvalidImageError } from '@latent-matte/core';
import { decodePixels, type EncodedImage } from './read-source';

/** Ringing of a resize may leave [0, 1] by a little; other scales leave it by far. */
const MOST = 1.5;

/** True for samples in floating point, which only TIFF has. */
export const isFloat = ({ header }: EncodedImage): boolean =>
  header.depth === 'float' || header.depth === 'double';

/**
 * The samples of a floating-point TIFF as they are stored, in [0, 1]. libvips takes grey ones for levels of 0…255,
 * so that 1 is black, and turns coloured ones from linear light to sRGB.
 *
 * @param options.decode from linear light to sRGB, as programs that write such files mean them
 * @throws InvalidImageError values that are not finite or not in [0, 1]
 */
export async function floatPixels(
  image: EncodedImage,
  { decode }: { decode: boolean },
): Promise<{ width: number; height: number; channels: number; data: Uint16Array }> {
  const { label, header, decoder } = image;
  const grey = header.channels <= 2;
  const { width, height, channels, bytes } = await decodePixels(
    image,
    // Asked for grey, libvips leaves transparency out.
    decoder({ ignoreProfile: true })
      .toColourspace(grey ? 'srgb' : 'scrgb')
      .raw({ depth: 'float' }),
  );
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  const data = new Uint16Array(values.length);
  const alpha = channels === 4 ? 3 : -1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 1 - MOST && value <= MOST)) {
      throw new InvalidImageError(
        `${label} holds the float ${value}; floats of pictures and mattes are in [0, 1].`,
        'Divide values of 0…255 by 255, or save the picture with 8 or 16 bits.',
      );
    }
    const unit = Math.min(1, Math.max(0, value));
    data[i] = Math.round(65535 * (decode && i % channels !== alpha ? toSrgb(unit) : unit));
  }
  return { width, height, channels, data };
}

/** IEC 61966-2-1. */
const toSrgb = (linear: number): number =>
  linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
