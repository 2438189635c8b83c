export type { SampleNetForm, SampleNetOutput } from './network';
export {
  createSampleNet,
  SampleNet,
  type SampleNetOptions,
  type SampleNetWeightsOptions,
  sampleNetWeights,
} from './sample-net';
