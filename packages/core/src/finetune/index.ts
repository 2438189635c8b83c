/**
 * `@latent-matte/core/fine-tune`: training of a matting model on generated and real pairs.
 * @module @latent-matte/core/fine-tune
 */
export {
  addNoise,
  applyColors,
  blurMap,
  type Colors,
  drawColors,
} from './degrade';
export { fineTune } from './fine-tune';
export { fineTuneSteps } from './fine-tune-steps';
export type { FineTuning } from './fine-tuning';
export { addJpegArtefacts } from './jpeg-artefacts';
export { averageDecay, movedAverage } from './moving-average';
export {
  type AugmentOptions,
  type FineTuneOptions,
  type FineTuneSettings,
  fineTuneOptions,
} from './options';
export { makePicture, type Picture, pictureOf } from './picture';
export {
  backgroundFrame,
  detailFrame,
  type Frame,
  type FrameOptions,
  portraitFrame,
  sampleWindow,
} from './sample-window';
export { serializeMattingModel } from './serialize-matting-model';
export type * from './types';
export { measureModel, type ValidationOptions } from './validation-set';
