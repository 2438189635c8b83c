import type { FloatImage, MattingModel, ModelChoice, RasterImage, TrimapModel } from '../contracts';
import { opaqueRgb, toFloatImage } from '../imaging/raster';
import type { MatteErrors } from '../metrics';
import { checkModel } from '../prediction/check-model';
import { matteWithTrimap } from '../prediction/matte-with-trimap';
import { mattingModels, trimapModels } from '../registry';
import { plainMatte } from './plain/matte';
import type { EvaluationSample, JudgedErrors } from './types';

/** Matting models that judge pictures which were made for another. */
export class Judges {
  readonly #models: readonly MattingModel[];
  readonly #trimap: TrimapModel | undefined;
  readonly #owned: readonly { dispose(): void }[];

  private constructor(
    models: readonly MattingModel[],
    trimap: TrimapModel | undefined,
    owned: readonly { dispose(): void }[],
  ) {
    this.#models = models;
    this.#trimap = trimap;
    this.#owned = owned;
  }

  /**
   * @param trimap for judges that need one, where it is not that of the sample
   * @throws UnknownModelError, WeightsError
   */
  static async load(
    choices: readonly ModelChoice<MattingModel>[],
    trimap: ModelChoice<TrimapModel> | undefined,
  ): Promise<Judges> {
    const owned: { dispose(): void }[] = [];
    const own = <Model extends { dispose(): void }>(model: Model): Model => {
      owned.push(model);
      return model;
    };
    try {
      const models: MattingModel[] = [];
      for (const choice of choices) {
        models.push(
          checkModel(
            'matting model',
            typeof choice === 'string'
              ? own(await mattingModels.create(choice, undefined))
              : choice,
          ),
        );
      }
      const needed = models.some(({ needsTrimap }) => needsTrimap) ? trimap : undefined;
      const predicts =
        typeof needed === 'string' ? own(await trimapModels.create(needed, undefined)) : needed;
      if (predicts !== undefined) checkModel('trimap model', predicts);
      return new Judges(models, predicts, owned);
    } catch (error) {
      for (const model of owned) model.dispose();
      throw error;
    }
  }

  /** What each says of both versions of a picture, by its name; trimaps are predicted on each version by itself. */
  async judge(
    { image, trimap: given }: EvaluationSample,
    portrait: RasterImage,
    measure: (matte: RasterImage) => MatteErrors,
  ): Promise<Record<string, JudgedErrors>> {
    const judged: Record<string, JudgedErrors> = {};
    const trimap = this.#trimap;
    for (const matting of this.#models) {
      const matteOf = (version: RasterImage): Promise<FloatImage> =>
        matting.needsTrimap && trimap === undefined
          ? matteWithTrimap(matting, version, given!)
          : plainMatte({ matting, trimap }, opaqueRgb(toFloatImage(version)));
      judged[matting.name] = {
        original: measure(await matteOf(image)),
        enhanced: measure(await matteOf(portrait)),
      };
    }
    return judged;
  }

  /** Frees those that were loaded by name. */
  dispose(): void {
    for (const model of this.#owned) model.dispose();
  }
}
