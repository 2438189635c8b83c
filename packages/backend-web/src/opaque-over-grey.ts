/** What a transparent portrait is laid over. */
const GREY = 127.5;

/** RGBA with straight alpha → RGB over mid-grey, in the encoded values, and whether any grey shows. */
export function opaqueOverGrey(rgba: Uint8ClampedArray): {
  rgb: Uint8ClampedArray;
  transparent: boolean;
} {
  const pixels = rgba.length / 4;
  const rgb = new Uint8ClampedArray(pixels * 3);
  let transparent = false;
  for (let p = 0; p < pixels; p++) {
    const alpha = rgba[p * 4 + 3] / 255;
    if (alpha < 1) transparent = true;
    for (let c = 0; c < 3; c++) rgb[p * 3 + c] = rgba[p * 4 + c] * alpha + GREY * (1 - alpha);
  }
  return { rgb, transparent };
}
