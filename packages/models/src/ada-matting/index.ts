export {
  AdaMatting,
  type AdaMattingAnswer,
  type AdaMattingOptions,
  type AdaMattingWeightsOptions,
  adaMattingWeights,
  createAdaMatting,
} from './ada-matting';
export type { AdaMattingForm } from './network';
