import type { Region } from '../imaging/crop-image';
import { enlargedTo } from '../imaging/enlarged-to';
import { croppedRows, type Picture, type PictureRows } from '../imaging/picture-rows';
import { assertWorkingSizeFits } from '../prediction/device-limits';
import { EDGE_WEIGHT } from '../prediction/edge-look';
import { confidenceOf } from '../prediction/person-confidence';
import { withEdgeLook } from './edge-look';
import type { CutOutNetworks } from './networks';
import type { QuarterTurns } from './quarter-turn';
import { refinedMatte } from './refined-matte';
import { laidOver, regionOfSecondLook } from './second-look';
import { isFoundTurned, mayBeTurned, OTHER_TURNS } from './turned-looks';
import { upsampledRows } from './upsampled-matte';
import { cutOutFrame, type WorkingMatte, workingMatte } from './working-matte';

/** How a matte is made. */
export interface MatteRules {
  /** Longest side at which the networks look, pixels. */
  readonly workingSize: number;
  /** Fit soft pixels to the colours of the photo. */
  readonly refine: boolean;
  /** Look again at the person alone, closer. */
  readonly secondLook: boolean;
  /** Look again at the edges alone, closer, where the model takes a trimap that it does not need. */
  readonly edgeLook: boolean;
  /** Look at the photo turned by quarters, where nobody is surely found in it as it is. */
  readonly turnedLooks: boolean;
}

export interface MatteHooks {
  readonly signal?: AbortSignal | undefined;
  /** Lets others have their turn, and is told the share that is done, in (0, 1). */
  readonly turn?: (done: number) => Promise<void>;
  /** Shown the first look at the photo as it is, before anything is made of it. */
  readonly inspect?: (first: WorkingMatte) => void | Promise<void>;
  /** Shown the look at all of the photo of which the matte is made, before the work on its edges. */
  readonly onFound?: (look: WorkingMatte) => void;
  /** The first look, where the same networks have had it. */
  readonly seen?: WorkingMatte | undefined;
}

export interface MatteOfPhoto {
  /** One channel in [0, 1], the size of the photo. Its rows are made when they are read: of a large photo it is the largest array. */
  readonly alpha: PictureRows;
  /** That this is a person, in [0, 1], by the closest look. */
  readonly confidence: number;
  /** By which the photo was turned for the networks. */
  readonly turns: QuarterTurns;
  /** Whether the edges were looked at by themselves. */
  readonly looksAtEdges: boolean;
}

/**
 * The matte with which a user cuts out: that of the model, fitted to the colours of the photo at the size at which the
 * networks look, and brought to the size of the photo along its edges. Where the person fills little of the photo the
 * networks look twice: at all of it, and at the person, closer; where nobody is surely found they look at it turned; and the
 * edges are looked at once more by themselves.
 *
 * @param photo RGB
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 * @throws AbortedError the signal fired
 */
export async function matteOfPhoto(
  photo: Picture,
  networks: Pick<CutOutNetworks, 'matting' | 'trimap'>,
  rules: MatteRules,
  { signal, turn = async () => {}, inspect, onFound, seen }: MatteHooks = {},
): Promise<MatteOfPhoto> {
  const { workingSize, refine, edgeLook } = rules;
  const first = seen ?? (await look(photo, networks, workingSize));
  await inspect?.(first);
  await turn(0.4);
  const asItIs = await closerLooks(photo, first, networks, rules, 0);
  await turn(0.5);
  const found =
    rules.turnedLooks && mayBeTurned(asItIs.confidence)
      ? await foundTurned(photo, asItIs, networks, rules, turn)
      : asItIs;
  const { whole, closer, confidence, turns } = found;
  onFound?.(whole);
  await turn(0.7);
  let looksAtEdges = false;
  const finished = async (matte: WorkingMatte, picture: Picture): Promise<PictureRows> => {
    const edges = edgeLook
      ? await withEdgeLook(matte, picture, networks.matting, turns)
      : undefined;
    looksAtEdges = edges !== undefined;
    await turn(0.8);
    const sharper = edges ?? matte;
    const edgeWeight = edges && EDGE_WEIGHT;
    const alpha = refine ? await refinedMatte(sharper, { edgeWeight, signal }) : sharper.alpha;
    await turn(0.9);
    return upsampledRows({ ...sharper, alpha }, picture);
  };
  const alpha =
    closer === undefined
      ? await finished(whole, photo)
      : laidOver(
          upsampledRows(whole, photo),
          await finished(closer.matte, closer.picture),
          closer.region,
        );
  return { alpha, confidence, turns, looksAtEdges };
}

/** What the networks saw of a photo that was shown to them in one way. */
interface Looks {
  readonly whole: WorkingMatte;
  /** The person alone, where they fill little of the photo. */
  readonly closer?: {
    readonly region: Region;
    readonly picture: Picture;
    readonly matte: WorkingMatte;
  };
  /** By the closest look, whose matte it is. */
  readonly confidence: number;
  readonly turns: QuarterTurns;
}

async function closerLooks(
  photo: Picture,
  whole: WorkingMatte,
  networks: Pick<CutOutNetworks, 'matting' | 'trimap'>,
  { workingSize, secondLook }: MatteRules,
  turns: QuarterTurns,
): Promise<Looks> {
  const region = secondLook
    ? regionOfSecondLook(whole.alpha, [photo.height, photo.width])
    : undefined;
  if (region === undefined) return { whole, confidence: confidenceOf(whole.alpha), turns };
  const picture = croppedRows(photo, region);
  const matte = await look(enlargedTo(workingSize, picture), networks, workingSize, turns);
  const closer = { region, picture, matte };
  return { whole, closer, confidence: confidenceOf(matte.alpha), turns };
}

/** The looks at the photo turned in which a person is most surely found, or else those at the photo as it is. */
async function foundTurned(
  photo: Picture,
  asItIs: Looks,
  networks: Pick<CutOutNetworks, 'matting' | 'trimap'>,
  rules: MatteRules,
  turn: (done: number) => Promise<void>,
): Promise<Looks> {
  let found = asItIs;
  for (const turns of OTHER_TURNS) {
    // Of the colours that were seen: a large photo is not reduced again.
    const whole = await look(asItIs.whole.colors, networks, rules.workingSize, turns);
    const turned = await closerLooks(photo, whole, networks, rules, turns);
    if (
      turned.confidence > found.confidence &&
      isFoundTurned(turned.confidence, asItIs.confidence)
    ) {
      found = turned;
    }
    await turn(0.5 + 0.05 * turns);
  }
  return found;
}

async function look(
  photo: Picture,
  { matting, trimap }: Pick<CutOutNetworks, 'matting' | 'trimap'>,
  workingSize: number,
  turns: QuarterTurns = 0,
): Promise<WorkingMatte> {
  const box = cutOutFrame([photo.height, photo.width], matting, trimap, workingSize);
  assertWorkingSizeFits(box.frame);
  return await workingMatte(photo, box, matting, trimap, turns);
}
