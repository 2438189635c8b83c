export {
  type ClosedFormMatte,
  type ClosedFormMattingOptions,
  closedFormMatting,
  solveClosedFormMatte,
} from './closed-form-matting';
export { ClosedFormMattingModel } from './closed-form-matting-model';
export { MattingLaplacian } from './matting-laplacian';
export { type RefineMatteOptions, refineMatte } from './refine-matte';
