import { ImageTooLargeError, InvalidImageError } from '@latent-matte/core';
import { megapixels } from '@latent-matte/core/internal';

// What a header claims is compared with the bytes that follow it before a decoder is asked: a decoder fills what is
// missing, or allocates what is claimed.

/** Sides of pictures: what JPEG can have at most. Decoders work in rows, and a row of millions takes them minutes. */
const MOST_SIDE = 65_535;
/** Deflate makes at most 1032 bytes of one. */
const MOST_DEFLATE = 1032;
/** Scans of a progressive JPEG: encoders write about ten, and each is a pass over the whole picture. */
const MOST_SCANS = 100;

const damaged = (label: string, reason: string): InvalidImageError =>
  new InvalidImageError(
    `${label} is damaged or cut short (${reason}).`,
    'Copy or export the picture again.',
  );

/** @throws ImageTooLargeError more than `maxPixels`, or a side that no camera makes */
export function checkSize(label: string, width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw new ImageTooLargeError(
      `${label} has ${width} × ${height} = ${megapixels(width * height)} megapixels; the limit is ${megapixels(maxPixels)}.`,
      'Scale it down first, or raise `maxPixels`.',
    );
  }
  if (Math.max(width, height) > MOST_SIDE) {
    throw new ImageTooLargeError(
      `${label} has ${width} × ${height} pixels; a side may have ${MOST_SIDE}.`,
      'Crop it first.',
    );
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Samples per pixel by PNG's colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Checks a PNG and leaves out its texts, which no pixel depends on and which libpng inflates: 50 of them, 385 kB in
 * all, take it 2.7 GB.
 * @returns the same bytes where there is no text
 * @throws InvalidImageError fewer bytes of pixels than the header needs
 */
export function checkPng(label: string, bytes: Uint8Array, maxPixels: number): Uint8Array {
  const view = viewOf(bytes);
  if (bytes.length < 33) throw damaged(label, 'no header');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  checkSize(label, width, height, maxPixels);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  let pixels = 0;
  let hasText = false;
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const chunk = bytes.subarray(at, at + 12 + length);
    if (type === 'IDAT') pixels += length;
    if (/^([ziIt]TXt|tEXt)$/.test(type)) hasText = true;
    else kept.push(chunk);
    at += 12 + length;
  }
  const row = Math.ceil((width * (SAMPLES[bytes[25]!] ?? 1) * bytes[24]!) / 8);
  if (pixels * MOST_DEFLATE < row * height) {
    throw damaged(label, `${width} × ${height} pixels in ${pixels} bytes`);
  }
  return hasText ? Buffer.concat(kept) : bytes;
}

/**
 * Checks a JPEG: its frame, its scans, and that they can hold the pixels. Every block of 8 × 8 takes at least one bit
 * in Huffman coding, for the code of its mean.
 * @throws InvalidImageError fewer bytes of pixels than the header needs, or scans without end
 */
export function checkJpeg(label: string, bytes: Uint8Array, maxPixels: number): void {
  const view = viewOf(bytes);
  let blocks = 0;
  let scans = 0;
  let from = bytes.length;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1]!;
    // Fill bytes, stuffed bytes of scans, restarts and starts carry no length.
    if (marker === 0xff) at += 1;
    else if (marker === 0 || marker === 0xd8 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else if (marker === 0xd9) break;
    else {
      const length = view.getUint16(at + 2);
      const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
      if (isFrame && blocks === 0 && at + 10 <= bytes.length) {
        const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
        checkSize(label, width, height, maxPixels);
        const isHuffman = marker <= 0xc7;
        if (isHuffman && marker !== 0xc3) blocks = blocksOf(bytes.subarray(at), width, height);
      }
      if (marker === 0xda) {
        from = Math.min(from, at + 2 + length);
        if (++scans > MOST_SCANS) throw damaged(label, `more than ${MOST_SCANS} scans`);
      }
      at += 2 + Math.max(2, length);
    }
  }
  if (8 * (bytes.length - from) < blocks) {
    throw damaged(label, `${blocks} blocks of pixels in ${bytes.length - from} bytes`);
  }
}

/** Blocks of a frame: units of the largest sampling factors, each with the blocks of every component. */
function blocksOf(frame: Uint8Array, width: number, height: number): number {
  let across = 1;
  let down = 1;
  let perUnit = 0;
  for (let i = 0; i < frame[9]!; i++) {
    const factors = frame[11 + 3 * i] ?? 0x11;
    across = Math.max(across, factors >> 4);
    down = Math.max(down, factors & 15);
    perUnit += (factors >> 4) * (factors & 15);
  }
  // A component alone has no units: its blocks are counted as they are.
  if (frame[9] === 1) return Math.ceil(width / 8) * Math.ceil(height / 8);
  return Math.floor(width / (8 * across)) * Math.floor(height / (8 * down)) * perUnit;
}
