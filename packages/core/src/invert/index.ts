export { type LatentData, type LatentValues, latentCode, latentData } from '../latents/latent-data';
export { parseLatents, type SavedLatents, serializeLatents } from '../latents/serialize-latents';
export { invertPortrait } from './invert-portrait';
export { invertPortraitSteps } from './invert-portrait-steps';
export { type InvertOptions, inversionOptions } from './options';
export type {
  Inversion,
  InversionMethod,
  InversionPreset,
  InversionReduction,
  InversionSettings,
  InversionStep,
  InversionSteps,
  InversionWeights,
} from './types';
