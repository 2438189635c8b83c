export { formatPlain } from './format';
export { measureModels } from './measure-models';
export type {
  GrossFailure,
  MeasureModelsOptions,
  PendingPlainSample,
  PlainEvaluation,
  PlainFailure,
  PlainFigure,
  PlainModel,
  PlainPicture,
  PlainRow,
  PlainSample,
  PlainSummary,
} from './types';
