import * as tf from '@tensorflow/tfjs-core';
import type { MattingModel, TrimapModel } from '../contracts';
import { trimapFromLogits } from '../imaging/trimap';
import type { CompleteTarget } from '../losses/agreement';
import { alphaAndLogits, checkedAlpha, checkedLogits, leastCommonMultiple } from './predict-matte';
import { type Trust, trustMap } from './trust-map';
import { spreadOver } from './unrest';

/** Share of the portrait that one window covers, per side. */
const WINDOW = 0.75;
/** Colour curves under which the matte must not change. */
export const GAMMAS = [0.8, 1.25];
/** Weight of the whole portrait against one window: a window lacks context. */
const WHOLE_WEIGHT = 2;

const mirror = (x: tf.Tensor4D): tf.Tensor4D => tf.reverse(x, 2);

/** The image under a colour curve. */
function curve(image: tf.Tensor4D, gamma: number): tf.Tensor4D {
  return tf.pow(tf.maximum(image, 1e-4), gamma) as tf.Tensor4D;
}

/** Class probabilities `[1, H, W, 3]`. */
function classesOf(model: TrimapModel, image: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.softmax(checkedLogits(model, image), 3));
}

/** The whole portrait as one view shows it. */
interface WholeView {
  readonly image: tf.Tensor4D;
  readonly mirrored: boolean;
}

/** As it is and under colour curves, each with its mirror image. */
function wholeViews(image: tf.Tensor4D): WholeView[] {
  return [image, ...GAMMAS.map((gamma) => curve(image, gamma))].flatMap((copy) => [
    { image: copy, mirrored: false },
    { image: mirror(copy), mirrored: true },
  ]);
}

/** Which of {@link wholeViews} the matte is a mean over: the portrait, its mirror image, and of each curve one of the two. */
const MATTE_VIEWS = [0, 1, ...GAMMAS.map((_, i) => 2 + 2 * i + ((i + 1) % 2))];

/** What the models say of the portrait over its views. */
interface AnswersOverViews {
  /** Class probabilities of the portrait as it is. */
  readonly plainClasses: tf.Tensor4D;
  /** And their mean over views. */
  readonly classes: tf.Tensor4D;
  readonly plainAlpha: tf.Tensor4D;
  /** Alphas by {@link MATTE_VIEWS}, mirrored back. */
  readonly alphas: readonly tf.Tensor4D[];
  /** Mattes that must agree for a place to be trusted. */
  readonly opinions: readonly tf.Tensor4D[];
}

/** Alphas are given the trimap of the mean, so that the classes have to be as good as they can. */
function answersGivenTrimap(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
): AnswersOverViews {
  const views = wholeViews(image);
  const whole = views.map((view) =>
    tf.tidy(() => turnedBack(view, classesOf(trimapModel, view.image))),
  );
  const classes = meanClasses(trimapModel, image, whole);
  const trimap = trimapFromLogits(classes);
  const [plainClasses] = whole;
  const plainAlpha = checkedAlpha(mattingModel, image, trimapFromLogits(plainClasses));
  const alphas = MATTE_VIEWS.map((i) => alphaOfView(mattingModel, views[i], trimap));
  const opinions = [plainAlpha, ...alphas, ...whole.map(personOf)];
  return { plainClasses, classes, plainAlpha, alphas, opinions };
}

/**
 * A model without trimap knows better than the trimap model, which is a witness only: what it says of the views of the
 * matte is enough.
 */
function answersWithoutTrimap(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
): AnswersOverViews {
  const views = wholeViews(image);
  const answers = MATTE_VIEWS.map((i) =>
    tf.tidy(() => {
      const { alpha, logits } = alphaAndLogits(trimapModel, mattingModel, views[i].image);
      return {
        alpha: turnedBack(views[i], alpha),
        classes: turnedBack(views[i], tf.softmax(logits, 3)),
      };
    }),
  );
  const alphas = answers.map(({ alpha }) => alpha);
  const classes = meanOf(answers.map(({ classes }) => classes));
  const [{ classes: plainClasses, alpha: plainAlpha }] = answers;
  return { plainClasses, classes, plainAlpha, alphas, opinions: alphas };
}

const meanOf = (maps: readonly tf.Tensor4D[]): tf.Tensor4D =>
  tf.div(tf.addN([...maps]), maps.length);

const turnedBack = ({ mirrored }: Pick<WholeView, 'mirrored'>, x: tf.Tensor4D): tf.Tensor4D =>
  mirrored ? mirror(x) : x;

/** The mean over the portrait and its mirror image. */
function flipped(image: tf.Tensor4D, predict: (image: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.div(tf.add(predict(image), mirror(predict(mirror(image)))), 2));
}

/** 1 inside, falling to 0 over a third of the length towards each end that is cut. */
function ramp(length: number, cutBefore: boolean, cutAfter: boolean): tf.Tensor1D {
  const width = length / 3;
  return tf.tensor1d(
    Float32Array.from({ length }, (_, i) => {
      const before = cutBefore ? (i + 0.5) / width : 1;
      const after = cutAfter ? (length - i - 0.5) / width : 1;
      return Math.min(1, before, after);
    }),
  );
}

/**
 * Class probabilities averaged over views: of the whole portrait, and of four overlapping windows that show the network
 * more detail, each with its mirror image.
 *
 * @param whole by {@link wholeViews}
 */
function meanClasses(
  model: TrimapModel,
  image: tf.Tensor4D,
  whole: readonly tf.Tensor4D[],
): tf.Tensor4D {
  const [, height, width] = image.shape;
  const { multipleOf, min } = model.input;
  const multiple = leastCommonMultiple(32, multipleOf);
  const smallest = Math.ceil(Math.max(min, 1) / multiple) * multiple;
  const length = (side: number) =>
    Math.max(smallest, Math.round((side * WINDOW) / multiple) * multiple);
  const [h, w] = [Math.min(height, length(height)), Math.min(width, length(width))];
  let sum = tf.mul(tf.addN([...whole]), WHOLE_WEIGHT / whole.length) as tf.Tensor4D;
  let weight = tf.fill([1, height, width, 1], WHOLE_WEIGHT) as tf.Tensor4D;
  for (const top of new Set([0, height - h])) {
    for (const left of new Set([0, width - w])) {
      const before = { sum, weight };
      const after = tf.tidy(() => {
        const window = tf.slice(image, [0, top, left, 0], [1, h, w, 3]);
        const place = (x: tf.Tensor4D) =>
          tf.pad(x, [
            [0, 0],
            [top, height - h - top],
            [left, width - w - left],
            [0, 0],
          ]);
        // A window is blind to what lies beyond its border: a crown of hair without a face looks like
        // background. Its word counts less there, except at the border of the picture itself.
        const trust = tf.mul(
          tf.reshape(ramp(h, top > 0, top + h < height), [1, h, 1, 1]),
          tf.reshape(ramp(w, left > 0, left + w < width), [1, 1, w, 1]),
        ) as tf.Tensor4D;
        // Of a small portrait the one window is all of it, which has been looked at.
        const isWhole = h === height && w === width;
        const classes = isWhole
          ? tf.div(tf.add(whole[0], whole[1]), 2)
          : flipped(window, (view) => classesOf(model, view));
        return {
          sum: tf.add(before.sum, place(tf.mul(classes, trust))) as tf.Tensor4D,
          weight: tf.add(before.weight, place(trust)) as tf.Tensor4D,
        };
      });
      tf.dispose(before);
      ({ sum, weight } = after);
    }
  }
  return tf.div(sum, weight);
}

/** Alpha, given the trimap of the portrait where there is one, mirrored back. */
function alphaOfView(model: MattingModel, view: WholeView, trimap?: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const seen = trimap && turnedBack(view, trimap);
    return turnedBack(view, checkedAlpha(model, view.image, seen));
  });
}

/** P(foreground) + P(unknown) / 2. */
function personOf(classes: tf.Tensor4D): tf.Tensor4D {
  return tf.sum(tf.mul(classes, tf.tensor1d([0, 0.5, 1])), 3, true);
}

/** `over` as far as it is trusted, elsewhere `own`. */
const asTrusted = (over: tf.Tensor4D, own: tf.Tensor4D, { map }: Trust): tf.Tensor4D =>
  tf.add(own, tf.mul(tf.sub(over, own), map));

/**
 * The mean alpha of a model that needs no trimap over mirror image and colour curves; where the views contradict each other
 * about where the person is, the plain one. As of {@link targetOverViews}, without a witness.
 *
 * @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 * @returns tensors owned by the caller
 */
export function matteOverViews(
  model: MattingModel,
  image: tf.Tensor4D,
  mask: tf.Tensor4D,
): Pick<ViewsTarget, 'alpha' | 'spread' | 'trust'> {
  return tf.tidy(() => {
    const views = wholeViews(image);
    const alphas = MATTE_VIEWS.map((i) => alphaOfView(model, views[i]));
    const trust = trustMap(alphas, mask);
    const alpha = asTrusted(meanOf(alphas), alphas[0], trust);
    return { alpha, spread: spreadOver(alphas), trust };
  });
}

/** What the views say together. Tensors are owned by the caller. */
export interface ViewsTarget extends CompleteTarget {
  readonly trust: Trust;
  /** See {@link spreadOver}. */
  readonly spread: tf.Tensor4D;
}

/**
 * The fixed target of the agreement loss, made once from the input: class probabilities averaged over views
 * (whole, colour curves, windows; mirrored or not), and the mean alpha over mirror image and colour curves given the
 * trimap of those classes. Of a matting model that needs no trimap, alpha and classes over mirror image and colour curves.
 *
 * Where views contradict each other or the plain prediction about where the person is, the target abstains: it is the
 * plain prediction there, outside of the region. So it cannot lose a person whom the plain matte holds.
 *
 * @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 * @returns `region`: where the input's own trimap or the averaged one is unknown, weighted by trust
 */
export function targetOverViews(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  mask: tf.Tensor4D,
): ViewsTarget {
  return tf.tidy(() => {
    const answers = mattingModel.needsTrimap ? answersGivenTrimap : answersWithoutTrimap;
    const found = answers(trimapModel, mattingModel, image);
    const { plainClasses, classes, plainAlpha, alphas, opinions } = found;
    const trust = trustMap(opinions, mask);
    // Everything between the surest background and the surest foreground of the two trimaps.
    const trimap = trimapFromLogits(classes);
    const unknown = tf.logicalOr(
      tf.notEqual(trimapFromLogits(plainClasses), trimap),
      tf.equal(trimap, 0.5),
    );
    return {
      alpha: asTrusted(meanOf(alphas), plainAlpha, trust),
      classes: mattingModel.needsTrimap ? asTrusted(classes, plainClasses, trust) : classes,
      region: tf.mul(tf.cast(unknown, 'float32'), trust.map) as tf.Tensor4D,
      trust,
      spread: spreadOver(alphas),
    };
  });
}

/** Where the trimap model calls the portrait unknown, `[1, H, W, 1]`, inside `mask`. Owned by the caller. */
export function unknownRegion(
  trimapModel: TrimapModel,
  image: tf.Tensor4D,
  mask: tf.Tensor4D,
): tf.Tensor4D {
  return tf.tidy(() => {
    const trimap = trimapFromLogits(checkedLogits(trimapModel, image));
    return tf.mul(tf.cast(tf.equal(trimap, 0.5), 'float32'), mask) as tf.Tensor4D;
  });
}

/**
 * The selection criterion, self-supervised: how far the mattes of the portrait and of its mirror image are from the
 * fixed target. Mean absolute difference over the region; lower is better. The trimap is heard through the matte alone:
 * a mean of class probabilities over views is soft, so that no single view comes near it, and with the classes in the
 * sum 13 of 13 held-out photographs that the search improved or left alike were given back (docs/models.md).
 *
 * A model that uses no trimap made its target itself, and may be wrong with conviction. The target's classes are
 * another witness: where they are certain, the matte's difference from them is added.
 *
 * @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 * @param known the matte of the picture or of its mirror image, where it is known: the models are not asked again
 * @returns `[2]`: on the portrait, and on its mirror image
 */
export function distancesToTarget(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  target: CompleteTarget,
  mask: tf.Tensor4D,
  known?: KnownMatte,
): tf.Tensor1D {
  return tf.tidy(() => {
    const area = tf.maximum(tf.sum(target.region), 1);
    const witness = mattingModel.needsTrimap ? undefined : certainPixels(target.classes, mask);
    const distances = [false, true].map((mirrored) => {
      const alpha =
        known?.mirrored === mirrored
          ? known.alpha
          : mattePredictedAs(trimapModel, mattingModel, image, mirrored);
      const pairs = [[alpha, target.alpha, target.region]];
      if (witness !== undefined) pairs.push([alpha, witness.trimap, witness.certain]);
      return tf.addN(
        pairs.map(([a, b, where]) => tf.div(tf.sum(tf.mul(tf.abs(tf.sub(a, b)), where)), area)),
      );
    });
    return tf.stack(distances) as tf.Tensor1D;
  });
}

/** The matte of a picture or of its mirror image, mirrored back. */
export interface KnownMatte {
  readonly mirrored: boolean;
  /** `[1, H, W, 1]`. */
  readonly alpha: tf.Tensor4D;
}

function mattePredictedAs(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  mirrored: boolean,
): tf.Tensor4D {
  const turned = (x: tf.Tensor4D) => turnedBack({ mirrored }, x);
  const view = turned(image);
  const trimap = mattingModel.needsTrimap
    ? trimapFromLogits(checkedLogits(trimapModel, view))
    : undefined;
  return turned(checkedAlpha(mattingModel, view, trimap));
}

/** Trimap of the classes, and 1 where it is certain, on the content of the letterbox. */
function certainPixels(classes: tf.Tensor4D, mask: tf.Tensor4D) {
  const trimap = trimapFromLogits(classes);
  const certain = tf.mul(tf.cast(tf.notEqual(trimap, 0.5), 'float32'), mask) as tf.Tensor4D;
  return { trimap, certain };
}
