import type { FloatImage, RasterImage } from '../contracts';
import type { WorkingMatte } from '../cutout/working-matte';
import { clippedRows, pictureOfRows, rowsOf } from '../imaging/picture-rows';
import { psnrOfRows } from '../metrics/psnr';
import type { Matte } from '../prediction/matte';
import type { Parts } from '../prediction/parts';
import { cutOutOfPortrait, cutOutWithItsMatte } from './cut-out-of-portrait';
import { KEPT, losesPerson } from './do-no-harm';
import { type MatteAndLook, matteAndLook } from './matte-and-look';
import type { ResolvedEnhancement } from './options';
import type { Enhancement, KeptReason } from './types';

/** What is left of a run once its latents are gone: plain data, and the models. */
export interface EndOfRun
  extends Pick<Enhancement, 'history' | 'settings' | 'seconds' | 'region' | 'confidence'> {
  /** RGB. */
  readonly source: RasterImage;
  readonly parts: Parts;
  readonly resolved: ResolvedEnhancement['settings'];
  /** The matte of the source, and the first look of its cut-out where one pass was both. */
  readonly original: MatteAndLook;
  /** What the search found; absent where the photograph stays as it was. */
  readonly found?: FoundPortrait;
  /** Why it stays, as far as that is known. */
  readonly kept?: KeptReason;
  readonly warnings: readonly string[];
}

/** The portrait of the step that is returned. */
export interface FoundPortrait {
  /** The size of the source. */
  readonly portrait: FloatImage;
  readonly bestStep: number;
  /** Its matte, where the networks looked in a frame that only the run has. */
  readonly matte?: Matte;
}

type BestPortrait = Pick<Enhancement, 'portrait' | 'enhanced' | 'bestStep'> & {
  readonly look?: WorkingMatte | undefined;
};

/**
 * The result of a run (the end of paper Algorithm 1): the best portrait or the photograph, its matte, and both cut out.
 *
 * @throws ModelOutputError a wrong shape, NaN or infinity
 */
export async function resultOfRun(run: EndOfRun): Promise<Enhancement> {
  const { source, original, history, region, confidence, seconds, settings, warnings } = run;
  const found = run.found && (await withMatte(run.found, run));
  const isLost = found !== undefined && harms(run, found.enhanced);
  const kept = isLost ? 'person-lost' : run.kept;
  const { look, ...best } = found === undefined || isLost ? photograph(run) : found;
  const { before, after } = await cutOuts(best, look, run);
  return {
    ...best,
    alpha: after.alpha,
    foreground: after.foreground,
    before,
    after,
    original: original.matte,
    history,
    ...(kept && { kept }),
    ...(region && { region }),
    ...(confidence !== undefined && { confidence }),
    psnr: psnrOfRows(best.portrait, source),
    seconds,
    settings,
    warnings: kept === undefined ? warnings : [...warnings, KEPT[kept]],
  };
}

async function withMatte(
  { portrait, bestStep, matte: seenInFrame }: FoundPortrait,
  { parts, resolved }: EndOfRun,
): Promise<BestPortrait> {
  const { matte: enhanced, look } =
    seenInFrame === undefined
      ? await matteAndLook(parts, portrait, resolved.workingSize)
      : { matte: seenInFrame, look: undefined };
  return { portrait, enhanced, bestStep, look };
}

/** A selection by agreement returns nothing that a user would have to repair. */
const harms = ({ resolved: { select, output }, original }: EndOfRun, enhanced: Matte): boolean =>
  select === 'agreement' &&
  output === 'residual' &&
  losesPerson(original.matte.alpha, enhanced.alpha);

/** The photograph in the place of a portrait, with a matte of its own. */
function photograph({ source, original: { matte, look } }: EndOfRun): BestPortrait {
  const { alpha, trimap, entropy } = matte;
  const enhanced = { alpha: copyOf(alpha), trimap: copyOf(trimap), entropy };
  return { portrait: pictureOfRows(clippedRows(source)), enhanced, bestStep: 0, look };
}

/** Both are one where the photo was left as it was. */
async function cutOuts(
  { portrait, enhanced, bestStep }: BestPortrait,
  look: WorkingMatte | undefined,
  { source, parts, original, resolved: { output, workingSize } }: EndOfRun,
): Promise<Pick<Enhancement, 'before' | 'after'>> {
  if (output === 'generated') {
    return {
      before: await cutOutWithItsMatte(source, original.matte, parts),
      after: await cutOutWithItsMatte(portrait, enhanced, parts),
    };
  }
  const isAsItWas = bestStep === 0;
  const of = (picture: RasterImage, seen: WorkingMatte | undefined) =>
    // A search looks at the photo as it is: then so must what shows the gain.
    cutOutOfPortrait(picture, source, parts, { workingSize, turnedLooks: isAsItWas }, seen);
  const after = await of(portrait, look);
  return { before: isAsItWas ? after : await of(source, original.look), after };
}

const copyOf = (image: FloatImage): FloatImage => pictureOfRows(rowsOf(image));
