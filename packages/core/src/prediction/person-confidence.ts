import type { FloatImage } from '../contracts';
import { NoPersonError } from '../errors';

/** Below this share of the picture there is next to nothing to cut out. */
const MIN_AREA = 0.002;
/** A result below it carries a warning. */
export const SURE = 0.5;
/**
 * Below it `enhancePortrait` refuses a picture: there, of what is not background less than about two fifths is opaque. The
 * mattes of other models are less decided than those of the default.
 */
export const NO_PERSON_BELOW = 0.005;

/** Opacities between these are undecided. */
const DECIDED = { background: 0.05, foreground: 0.95 };

/**
 * Logistic regression, persons and others weighed alike, on `portrait-matte`: 173 held-out photographs of people (photos/
 * and portraits/train) against 131 pictures without (scenes of BSDS500 that show nobody, parts of held-out photographs
 * beside the person, and the objects and textures of scikit-image). Fitted on one half and counted on the other, both
 * ways: 5 of 173 people below a half, 5 of 131 others above it (a cat, a cup, a horse, a retina, a cat on a screen). Made by
 * `pnpm confidence`; to be made again for other weights.
 */
const FIT = { bias: -11.54, decided: 15.42, outline: -0.36 };
/** A longer outline says no more. */
const MAX_OUTLINE = 20;

/** For `warnings`, where the confidence is below {@link SURE}. */
export const unsureOfPerson = (confidence: number): string =>
  `This may be no photograph of a person, or the person was not found: confidence ${confidence.toFixed(2)}.`;

/** @throws NoPersonError next to nothing of the picture is foreground */
export function assertSomething(alpha: FloatImage, modelName: string): void {
  let sum = 0;
  for (const value of alpha.data) sum += value;
  const area = sum / alpha.data.length;
  if (area >= MIN_AREA) return;
  throw new NoPersonError(
    `The matting model "${modelName}" sees no person: ${(area * 100).toFixed(2)} % of the picture is foreground.`,
    'Use a portrait in which a person fills a good part of the frame, or another model.',
  );
}

/**
 * How sure it is that a matte holds a person, in [0, 1], by what the network did: of a person most of what it sees it
 * calls opaque, in one piece; of other things it sees scraps that are neither.
 *
 * @param alpha one channel, at the size at which the network looked
 */
export function confidenceOf(alpha: FloatImage): number {
  const { decided, outline } = evidenceOf(alpha);
  const score = FIT.bias + FIT.decided * decided + (FIT.outline * outline) / 10;
  return 1 / (1 + Math.exp(-score));
}

export interface Evidence {
  /** Opaque pixels among all that are not background, in [0, 1]. */
  readonly decided: number;
  /** Length of the outline over the root of the area: 4 for a square inside the picture, the border not counted; 20 at most. */
  readonly outline: number;
}

/** @param alpha one channel, in [0, 1] */
export function evidenceOf({ width, height, data }: FloatImage): Evidence {
  let seen = 0;
  let opaque = 0;
  let area = 0;
  let edges = 0;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const a = data[p];
      if (a > DECIDED.background) seen++;
      if (a > DECIDED.foreground) opaque++;
      const inside = a > 0.5;
      if (inside) area++;
      if (x > 0 && inside !== data[p - 1] > 0.5) edges++;
      if (y > 0 && inside !== data[p - width] > 0.5) edges++;
    }
  }
  return {
    decided: seen === 0 ? 0 : opaque / seen,
    outline: area === 0 ? MAX_OUTLINE : Math.min(edges / Math.sqrt(area), MAX_OUTLINE),
  };
}
