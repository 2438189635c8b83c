export type { ConnectivityRule } from './connectivity-error';
export { type GradientScale, gradientMagnitude } from './gradient-error';
export { benchmarkKernel, type GradientKernel, scipyKernel } from './gradient-kernel';
export { type MatteErrors, type MeasureMatteOptions, measureMatte } from './measure-matte';
export { measureOfficially, type OfficialErrors, officialMatte } from './official-protocol';
export { psnr } from './psnr';
export { ssim } from './ssim';
