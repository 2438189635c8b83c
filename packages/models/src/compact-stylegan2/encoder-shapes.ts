/** Side that the encoder's convolutions see. */
export const ENCODER_SIDE = 128;
/** Side that its linear part sees. */
export const BASE_SIDE = 32;
/** Feature maps after each convolution of stride 2: 64² … 4². */
export const ENCODER_CHANNELS = [48, 80, 128, 192, 256] as const;
/** Length of the vector between features and offsets. */
export const ENCODER_HIDDEN = 384;

/**
 * Parameters of the compact encoder, filters `[kh, kw, in, out]`, dense weights `[in, out]`.
 *
 * @param rows of W+
 * @param styleSize length of w
 */
export function encoderShapes(rows: number, styleSize: number): Record<string, number[]> {
  const shapes: Record<string, number[]> = {
    'base.weight': [BASE_SIDE * BASE_SIDE * 3, styleSize],
    'base.bias': [styleSize],
  };
  ENCODER_CHANNELS.forEach((output, i) => {
    shapes[`convs.${i}.weight`] = [3, 3, i === 0 ? 3 : ENCODER_CHANNELS[i - 1], output];
    shapes[`convs.${i}.bias`] = [output];
  });
  const last = ENCODER_CHANNELS[ENCODER_CHANNELS.length - 1];
  shapes['dense.0.weight'] = [16 * last, ENCODER_HIDDEN];
  shapes['dense.0.bias'] = [ENCODER_HIDDEN];
  shapes['dense.1.weight'] = [ENCODER_HIDDEN, rows * styleSize];
  shapes['dense.1.bias'] = [rows * styleSize];
  return shapes;
}
