export { randomBackground } from './backgrounds';
export { composite, withAlpha } from './composite';
export {
  contentMask,
  fitLetterbox,
  frameFor,
  intoLetterbox,
  type Letterbox,
  outOfLetterbox,
} from './letterbox';
export { assertRaster, fromImageData, readTensor, rgbTensor, toFloatImage } from './raster';
export { trimapFromLogits } from './trimap';
