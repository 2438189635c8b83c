export { randomBackground } from './backgrounds';
export { composite, withAlpha } from './composite';
export { fullScale } from './full-scale';
export {
  contentMask,
  fitLetterbox,
  frameFor,
  intoLetterbox,
  type Letterbox,
  outOfLetterbox,
} from './letterbox';
export { megapixels } from './megapixels';
export { opaqueOverGrey } from './opaque-over-grey';
export {
  assertRaster,
  fromImageData,
  opaqueRgb,
  readTensor,
  rgbTensor,
  toFloatImage,
} from './raster';
export { type ByteImage, resizeLikePillow } from './resize-like-pillow';
export { trimapFromLogits } from './trimap';
export { overwriteKnown, type TrimapClasses, trimapClasses } from './trimap-classes';
export { trimapFromAlpha } from './trimap-from-alpha';
export { readTrimap } from './trimap-levels';
