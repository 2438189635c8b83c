/**
 * What the packages of this repository share and nobody else should import: it changes without notice.
 * @internal
 * @module @latent-matte/core/internal
 */

export { activeBackend, backendInUse, setActiveBackend } from './active-backend';
export { assertOnly, assertOptions, didYouMean, type NamesOf, said } from './assert-options';
export { enhancePortraitSteps } from './enhance/enhance-portrait-steps';
export {
  flatOptions,
  nestedOptions,
  type ResolvedEnhancement,
  resolveEnhancement,
} from './enhance/options';
export { withCutOuts } from './enhance/with-cut-outs';
export { leanForeground } from './foreground/layers-on-images';
export { resolveGeneration } from './generate/options';
export {
  assertRaster,
  fullScale,
  megapixels,
  opaqueOverGrey,
  opaqueRgb,
  readTrimap,
} from './imaging';
export { constantPicture } from './imaging/constant-picture';
export {
  croppedRows,
  isOfRows,
  type Picture,
  pictureOfRows,
  readRows,
  rowsOf,
  rowsWithAlpha,
} from './imaging/picture-rows';
export { interruptWhen, throwIfInterrupted } from './interrupt';
export { invertPortraitSteps, latentCode, latentData } from './invert';
export { maskedBy } from './ops/convolution';
export { hasNativeSlopes, nativeSlope } from './ops/corrections/native-slopes';
export { enlargedSum } from './ops/enlarged-sum';
export { gradientsOf } from './ops/gradients-of';
export { isTensor } from './ops/is-tensor';
export { layeredPicture } from './ops/layered-picture';
export {
  type CompiledGradient,
  type CompiledPass,
  manyTimes,
  NetworkPasses,
  type PassCompiler,
  type PureFunction,
  setPassCompiler,
} from './ops/network-passes';
export type { PictureLayers } from './ops/picture-layers';
export { type ExcitationWeights, excitedSum, squeezeExcitation } from './ops/squeeze-excitation';
export { sumOfMaps, sumsInOne } from './ops/sum-of-maps';
export { elementwise, type Formula } from './ops/webgpu/elementwise';
export { hasSlope, madeBy } from './ops/webgpu/slopes-ahead';
export { confidenceOf, evidenceOf, SURE } from './prediction/person-confidence';
export { setModelFinder } from './registry';
export { assertOptionsOf, type KindsOf } from './search/check-options';
export { type BytesLike, isBytesLike, plainBytes, readExactly, sha256 } from './weights';
