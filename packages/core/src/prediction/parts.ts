import type {
  Discriminator,
  ForegroundEstimator,
  Generator,
  GeneratorChoice,
  GeneratorContext,
  MattingModel,
  ModelChoice,
  PerceptualModel,
  TrimapModel,
} from '../contracts';
import type { ModelLease } from '../kept-models';
import {
  discriminators,
  foregroundEstimators,
  generators,
  mattingModels,
  perceptualModels,
  trimapModels,
} from '../registry';
import { checkModel } from './check-model';

/** The networks of one run, and how to free those that the run itself created. */
export interface Parts {
  readonly reference: MattingModel;
  /** Further models that the losses look through, see `EnhanceOptions.model`. */
  readonly companions: readonly MattingModel[];
  readonly trimap: TrimapModel;
  readonly discriminator: Discriminator | undefined;
  readonly perceptual: PerceptualModel | undefined;
  readonly foreground: ForegroundEstimator;
  /** Matting models that only judge, see `advanced.judges`. */
  readonly judges: readonly MattingModel[];
  dispose(): void;
}

/** Collects what must be freed, in reverse order of creation. */
class Owned {
  readonly #items: { dispose(): void }[] = [];

  async take<Model extends object>(
    choice: string | Model,
    create: (name: string) => Promise<ModelLease<Model>>,
  ): Promise<Model> {
    if (typeof choice !== 'string') return choice;
    const lease = await create(choice);
    this.#items.push(lease);
    return lease.model;
  }

  async takeMattingModels(
    choices: readonly ModelChoice<MattingModel>[] = [],
  ): Promise<MattingModel[]> {
    const models: MattingModel[] = [];
    for (const choice of choices) {
      const model = await this.take(choice, (name) => mattingModels.lease(name, undefined));
      models.push(checkModel('matting model', model));
    }
    return models;
  }

  dispose(): void {
    for (const item of this.#items.splice(0).reverse()) item.dispose();
  }
}

/** The matting models that the losses look through. */
export function searchedModels({
  reference,
  companions,
}: Pick<Parts, 'reference' | 'companions'>): readonly MattingModel[] {
  return [reference, ...companions];
}

/** Names of the models of a run that names none. */
export const DEFAULT_PARTS = {
  /** Of what needs a trimap of its own: entropy, pairs. */
  model: 'portrait-matting',
  /** Of a cut-out, and of a search that reads no trimap: it needs none, and finds people in ordinary photographs. */
  matte: 'portrait-matte',
  trimap: 'portrait-trimap',
  generator: 'residual-pyramid',
  discriminator: 'compact-discriminator',
  perceptual: 'compact-perceptual',
  foreground: 'multi-level',
} as const;

/** Which models a run asks for. Those that are absent are {@link DEFAULT_PARTS}. */
export interface PartChoices {
  readonly model?: ModelChoice<MattingModel> | undefined;
  readonly trimap?: ModelChoice<TrimapModel> | undefined;
  readonly discriminator?: ModelChoice<Discriminator> | undefined;
  readonly perceptual?: ModelChoice<PerceptualModel> | undefined;
  readonly foreground?: ModelChoice<ForegroundEstimator> | undefined;
  readonly companions?: readonly ModelChoice<MattingModel>[] | undefined;
  readonly judges?: readonly ModelChoice<MattingModel>[] | undefined;
}

/** Weights of the losses that need a network of their own; 0: it is not loaded. */
export interface PartNeeds {
  readonly compositional: number;
  readonly perceptual: number;
}

/** Loads the parts that the weights of the losses ask for; frees all of them if one fails. */
export async function createParts(options: PartChoices, weights: PartNeeds): Promise<Parts> {
  const owned = new Owned();
  try {
    const reference = await owned.take(options.model ?? DEFAULT_PARTS.model, (name) =>
      mattingModels.lease(name, undefined),
    );
    const trimap = await owned.take(options.trimap ?? DEFAULT_PARTS.trimap, (name) =>
      trimapModels.lease(name, undefined),
    );
    const companions = await owned.takeMattingModels(options.companions);
    const discriminator =
      weights.compositional > 0 &&
      searchedModels({ reference, companions }).some(
        ({ differentiable }) => differentiable === 'image',
      )
        ? await owned.take(options.discriminator ?? DEFAULT_PARTS.discriminator, (name) =>
            discriminators.lease(name, undefined),
          )
        : undefined;
    const perceptual =
      weights.perceptual > 0
        ? await owned.take(options.perceptual ?? DEFAULT_PARTS.perceptual, (name) =>
            perceptualModels.lease(name, undefined),
          )
        : undefined;
    const foreground = await owned.take(options.foreground ?? DEFAULT_PARTS.foreground, (name) =>
      foregroundEstimators.lease(name, undefined),
    );
    const judges = await owned.takeMattingModels(options.judges);
    checkModel('matting model', reference);
    checkModel('trimap model', trimap);
    checkModel('foreground estimator', foreground);
    if (discriminator !== undefined) checkModel('discriminator', discriminator);
    if (perceptual !== undefined) checkModel('perceptual model', perceptual);
    return {
      reference,
      companions,
      judges,
      trimap,
      discriminator,
      perceptual,
      foreground,
      dispose: () => owned.dispose(),
    };
  } catch (error) {
    owned.dispose();
    throw error;
  }
}

/**
 * The generator for a working portrait, and whether the run must dispose it.
 *
 * @param context made only for generators that are made for a portrait
 */
export async function createGenerator(
  choice: GeneratorChoice | undefined,
  context: () => GeneratorContext,
): Promise<{ generator: Generator; owned: boolean }> {
  if (typeof choice === 'object')
    return { generator: checkModel('generator', choice), owned: false };
  const generator =
    typeof choice === 'function'
      ? await choice(context())
      : await generators.create(choice ?? DEFAULT_PARTS.generator, context());
  try {
    return { generator: checkModel('generator', generator), owned: true };
  } catch (error) {
    generator?.dispose?.();
    throw error;
  }
}
