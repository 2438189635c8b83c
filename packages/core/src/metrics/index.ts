export type { ConnectivityRule } from './connectivity-error';
export { type GradientScale, gradientMagnitude } from './gradient-error';
export { type MatteErrors, type MeasureMatteOptions, measureMatte } from './measure-matte';
export { psnr } from './psnr';
export { ssim } from './ssim';
