/** A number of pixels in millions, for messages: `12.2`, `50`. */
export const megapixels = (pixels: number): string => (pixels / 1e6).toFixed(1).replace(/\.0$/, '');
