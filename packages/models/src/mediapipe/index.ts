export {
  loadMediapipeSelfieMatting,
  loadMediapipeSelfieTrimap,
  type MediapipeSelfieOptions,
} from './load-mediapipe-selfie';
export type { SelfieVariant } from './selfie-files';
