import type { MattingModel, ModelChoice, TrimapModel } from '../contracts';
import { InvalidOptionError } from '../errors';
import type { ModelLease } from '../kept-models';
import { checkModel } from '../prediction/check-model';
import { DEFAULT_PARTS } from '../prediction/parts';
import { mattingModels, trimapModels } from '../registry';

/** The networks of one matte. */
export interface CutOutNetworks {
  readonly matting: MattingModel;
  /** Present where the matting model needs a trimap. */
  readonly trimap: TrimapModel | undefined;
  /** Frees those that were made by name. */
  dispose(): void;
}

export interface NetworkChoices {
  readonly model?: ModelChoice<MattingModel> | undefined;
  readonly prior?: ModelChoice<MattingModel> | undefined;
  readonly trimap?: ModelChoice<TrimapModel> | undefined;
}

/**
 * Loads what a matte asks for; frees all of it if one part fails.
 *
 * @throws UnknownModelError, WeightsError
 * @throws InvalidOptionError a prior for a model that takes none
 */
export async function loadNetworks({
  model = DEFAULT_PARTS.matte,
  prior,
  trimap = DEFAULT_PARTS.trimap,
}: NetworkChoices): Promise<CutOutNetworks> {
  const owned: { dispose(): void }[] = [];
  const dispose = (): void => {
    for (const part of owned.splice(0).reverse()) part.dispose();
  };
  const own = <Part extends MattingModel | TrimapModel>(lease: ModelLease<Part>): Part => {
    owned.push(lease);
    return lease.model;
  };
  try {
    const hint = typeof prior === 'string' ? own(await mattingModels.lease(prior, {})) : prior;
    if (hint !== undefined) checkModel('matting model', hint);
    if (hint !== undefined && typeof model !== 'string') {
      throw new InvalidOptionError(
        'A prior was given with a model as an object.',
        'Give the object its prior when it is made, or give the model by name.',
      );
    }
    const matting = checkModel(
      'matting model',
      typeof model === 'string'
        ? own(await mattingModels.lease(model, hint === undefined ? {} : { prior: hint }))
        : model,
    );
    if (hint !== undefined && matting.prior !== hint.name) {
      throw new InvalidOptionError(
        `The matting model "${matting.name}" takes no prior.`,
        `Leave prior out, or use "${DEFAULT_PARTS.matte}".`,
      );
    }
    const classes = !matting.needsTrimap
      ? undefined
      : checkModel(
          'trimap model',
          typeof trimap === 'string' ? own(await trimapModels.lease(trimap, undefined)) : trimap,
        );
    return { matting, trimap: classes, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
