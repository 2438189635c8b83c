import type { FloatImage, MattingModel, RasterImage, TrimapModel } from '../../contracts';
import type { MatteErrors } from '../../metrics';
import type { EvaluationFailure } from '../types';

/** One picture with what is known of the person: a true matte, or where there is none a hard mask. */
export interface PlainSample {
  readonly name: string;
  /** RGB. */
  readonly image: RasterImage;
  /** The true matte, one channel, the size of the image. */
  readonly alpha?: RasterImage | undefined;
  /** Instead of `alpha`: person or not, one channel, the size of the image. */
  readonly mask?: RasterImage | undefined;
  /** Its unknown pixels are the unknown region. Default: from `alpha`, 9 pixels out and 4 in at 512. */
  readonly trimap?: RasterImage | undefined;
}

/** A sample that is read when its turn comes. */
export interface PendingPlainSample {
  readonly name: string;
  load(): Promise<PlainSample>;
}

/** One row of the table: a matting model, and where it needs one a model that predicts its trimap. */
export interface PlainModel {
  /** What the table calls it. Default: the name of the matting model. */
  readonly name?: string;
  readonly matting: MattingModel;
  readonly trimap?: TrimapModel;
  /**
   * As `cutOut` uses it with its defaults: a second look at the person, soft pixels fitted to the colours. Default false:
   * one pass of the model and nothing else.
   */
  readonly cutOut?: boolean;
}

/** How a matte fails as a whole. */
export interface GrossFailure {
  /** Share of the person (alpha ≥ 0.5) that the matte calls background. */
  readonly lost: number;
  /** Share of the background that the matte calls person. */
  readonly kept: number;
  /** More than a tenth lost, or more than a twentieth kept. */
  readonly failed: boolean;
}

/** One model on one picture. */
export interface PlainRow {
  readonly picture: string;
  readonly model: string;
  /** In the unknown region; only against a matte. */
  readonly unknown?: MatteErrors;
  /** Everywhere; only against a matte. */
  readonly whole?: MatteErrors;
  /** Intersection over union of the pixels with alpha ≥ 0.5. */
  readonly iou: number;
  readonly gross: GrossFailure;
  /** Wall-clock seconds of the matte, from plain data to plain data. */
  readonly seconds: number;
  /** A trimap of other grey levels than 0, 128 and 255. */
  readonly warnings?: readonly string[];
}

/** A figure over all pictures. */
export interface PlainFigure {
  readonly mean: number;
  /** Mean of the worst tenth of the pictures, at least one. */
  readonly worstDecile: number;
}

/** One model over all pictures. */
export interface PlainSummary {
  readonly model: string;
  readonly pictures: number;
  readonly unknown?: Readonly<Record<keyof MatteErrors, PlainFigure>>;
  readonly whole?: Readonly<Record<keyof MatteErrors, PlainFigure>>;
  /** `worstDecile` is the lowest tenth. */
  readonly iou: PlainFigure;
  /** Names of the pictures that failed as a whole. */
  readonly gross: readonly string[];
  /** Median of a picture. */
  readonly seconds: number;
}

export interface PlainFailure extends EvaluationFailure {
  /** Absent where the picture itself could not be read. */
  readonly model?: string;
}

/** What {@link measureModels} returns. */
export interface PlainEvaluation {
  /** Longest side of the pictures, pixels. */
  readonly size: number;
  /** Picture by picture, and in each the models in their order. */
  readonly rows: readonly PlainRow[];
  /** One per model that answered at least once, in their order. */
  readonly summaries: readonly PlainSummary[];
  readonly failures: readonly PlainFailure[];
}

export interface MeasureModelsOptions {
  /** Longest side to which larger pictures are reduced before anything is measured. Default 512. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  /** Called after each matte; `picture` is the reduced one. */
  readonly onRow?: (
    row: PlainRow,
    shown: { readonly matte: FloatImage; readonly picture: PlainPicture },
  ) => void | Promise<void>;
  readonly onFailure?: (failure: PlainFailure) => void;
}

/** A sample at the size at which it is measured. */
export interface PlainPicture {
  readonly name: string;
  readonly image: FloatImage;
  /** The true matte or the mask. */
  readonly truth: FloatImage;
  /** 0, 0.5, 1; absent for masks. */
  readonly trimap?: FloatImage;
}
