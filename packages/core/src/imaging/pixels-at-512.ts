const SIDE = 512;

/** A distance that is chosen at 512 pixels, at a picture's own size: at least one pixel. */
export const pixelsAt512 = (
  pixels: number,
  { height, width }: { readonly height: number; readonly width: number },
): number => Math.max(1, Math.round((pixels * Math.max(height, width)) / SIDE));
