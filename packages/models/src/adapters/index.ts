export type { AdaptedModel } from './adapt';
export type {
  AdapterDescription,
  FixedSize,
  FreeSize,
  MattingDescription,
  NetworkInput,
  NetworkOutput,
  TrimapDescription,
  TrimapInput,
} from './description';
export { fromFunction, type NetworkFunction } from './from-function';
