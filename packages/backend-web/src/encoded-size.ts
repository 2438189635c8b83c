/** Width and height in pixels, before any EXIF rotation. */
export type EncodedSize = readonly [width: number, height: number];

/**
 * The size of an encoded PNG, JPEG, WebP or GIF from its header, so that a picture that would fill the memory
 * is refused before it is decoded.
 *
 * @returns undefined for other formats and for headers that make no sense: the decoder decides then
 */
export async function encodedSize(blob: Blob): Promise<EncodedSize | undefined> {
  const start = await view(blob, 0, 30);
  if (start.byteLength < 24) return undefined;
  if (start.getUint32(0) === 0x89504e47) return [start.getUint32(16), start.getUint32(20)];
  if (start.getUint32(0) === 0x47494638)
    return [start.getUint16(6, true), start.getUint16(8, true)];
  if (start.getUint32(0) === 0x52494646 && start.getUint32(8) === 0x57454250) return webp(start);
  if (start.getUint16(0) === 0xffd8) return await jpeg(blob);
  return undefined;
}

/** One of three layouts, told apart by the name of the first chunk. */
function webp(start: DataView): EncodedSize | undefined {
  if (start.byteLength < 30) return undefined;
  const chunk = start.getUint32(12);
  if (chunk === 0x56503858) return [1 + uint24(start, 24), 1 + uint24(start, 27)]; // VP8X
  if (chunk === 0x5650384c) {
    const bits = start.getUint32(21, true); // VP8L
    return [1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff)];
  }
  if (chunk === 0x56503820) {
    return [start.getUint16(26, true) & 0x3fff, start.getUint16(28, true) & 0x3fff]; // VP8
  }
  return undefined;
}

/** Walks the segments up to the frame header (SOF0…SOF15, without the tables C4, C8 and CC). */
async function jpeg(blob: Blob): Promise<EncodedSize | undefined> {
  let at = 2;
  while (at < blob.size) {
    const segment = await view(blob, at, 9);
    if (segment.byteLength < 9 || segment.getUint8(0) !== 0xff) return undefined;
    const marker = segment.getUint8(1);
    if (marker === 0xff) {
      at += 1; // padding
      continue;
    }
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return [segment.getUint16(7), segment.getUint16(5)];
    const scan = marker === 0xda || marker === 0xd9;
    const length = segment.getUint16(2);
    if (scan || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

const uint24 = (data: DataView, at: number): number =>
  data.getUint16(at, true) + data.getUint8(at + 2) * 0x10000;

const view = async (blob: Blob, at: number, length: number): Promise<DataView> =>
  new DataView(await blob.slice(at, at + length).arrayBuffer());
