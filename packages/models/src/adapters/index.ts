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
export {
  type FromGraphModelOptions,
  fromGraphModel,
  type LoadedGraphModel,
} from './from-graph-model';
export { fromLayersModel, type LoadedLayersModel } from './from-layers-model';
export { type FromOnnxOptions, fromOnnx, type OnnxConstant } from './from-onnx';
export { type FromTfliteOptions, fromTflite } from './from-tflite';
export { onnxOperators } from './onnx/compile';
export { tfliteOperators } from './tflite/compile';
