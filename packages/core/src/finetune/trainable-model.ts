import type { MattingModel, MattingTraining } from '../contracts';
import { InvalidOptionError } from '../errors';
import { checkModel } from '../prediction/check-model';

export type TrainableMattingModel = MattingModel &
  Required<Pick<MattingModel, 'variables'>> & { readonly train: MattingTraining };

/** @throws InvalidOptionError a model that cannot be trained */
export function assertTrainable(model: MattingModel): asserts model is TrainableMattingModel {
  checkModel('matting model', model);
  if (model.train !== undefined && model.variables !== undefined) return;
  throw new InvalidOptionError(
    `The model "${model.name}" cannot be fine-tuned: it has no variables.`,
    "Load one that can with `trainable: true`, as loadModel('compact-matting', { trainable: true }), or adapt a LayersModel.",
  );
}
