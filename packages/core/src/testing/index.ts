/**
 * `@latent-matte/core/testing`: what a model author needs to test a model, and an application to test itself
 * without networks. Depends on no test framework; the conformance suites are given one.
 * @module @latent-matte/core/testing
 */
export type { ConformanceOptions, TestFramework } from './conformance';
export { describeDiscriminator } from './describe-discriminator';
export {
  describeForegroundEstimator,
  type ForegroundConformanceOptions,
} from './describe-foreground-estimator';
export { describeGenerator, type GeneratorConformanceOptions } from './describe-generator';
export { describeMattingModel } from './describe-matting-model';
export { describePerceptualModel } from './describe-perceptual-model';
export {
  describeTrainableMatting,
  type TrainableConformanceOptions,
} from './describe-trainable-matting';
export { describeTrimapModel } from './describe-trimap-model';
export {
  checkGradient,
  checkVariableGradient,
  type GradientCheck,
  type GradientCheckOptions,
} from './gradient-check';
export { checkLeaks, type LeakCheck } from './leak-check';
export { type MockComposite, mockComposite } from './mock-composite';
export {
  type MockMatteOptions,
  type MockOptions,
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockTrimapModel,
} from './mock-models';
export { mockPortrait, mockPortraits } from './mock-portrait';
export { mockTrainableMatting } from './mock-trainable-matting';
export { measurePeakMemory, type PeakMemory } from './peak-memory';
