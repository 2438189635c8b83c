import type { FloatImage } from '../contracts';
import { enlargedTo } from '../imaging/enlarged-to';
import { croppedRows, type Picture, type PictureRows, readRows } from '../imaging/picture-rows';
import { assertWorkingSizeFits } from '../prediction/device-limits';
import { EDGE_WEIGHT } from '../prediction/edge-look';
import { withEdgeLook } from './edge-look';
import type { CutOutNetworks } from './networks';
import { refinedMatte } from './refined-matte';
import { laidOver, regionOfSecondLook } from './second-look';
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
}

export interface MatteHooks {
  readonly signal?: AbortSignal | undefined;
  /** Lets others have their turn, and is told the share that is done, in (0, 1). */
  readonly turn?: (done: number) => Promise<void>;
  /** Shown the first look before anything is made of it, and then the closer look at the person. */
  readonly inspect?: (look: WorkingMatte) => void | Promise<void>;
  /** Told whether the edges were looked at by themselves, where they were to be. */
  readonly onEdges?: (looked: boolean) => void;
  /** The first look, where the same networks have had it. */
  readonly seen?: WorkingMatte | undefined;
}

/**
 * The matte with which a user cuts out: that of the model, fitted to the colours of the photo at the size at which the
 * networks look, and brought to the size of the photo along its edges. Where the person fills little of the photo the
 * networks look twice: at all of it, and at the person, closer; and the edges are looked at once more by themselves.
 *
 * @param photo RGB
 * @returns one channel in [0, 1], the size of the photo
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 * @throws AbortedError the signal fired
 */
export const matteOfPhoto = async (
  ...given: Parameters<typeof matteRowsOfPhoto>
): Promise<FloatImage> => readRows(await matteRowsOfPhoto(...given));

/** {@link matteOfPhoto} row by row, for who keeps it in another form: of a large photo it is the largest array. */
export async function matteRowsOfPhoto(
  photo: Picture,
  networks: Pick<CutOutNetworks, 'matting' | 'trimap'>,
  { workingSize, refine, secondLook, edgeLook }: MatteRules,
  { signal, turn = async () => {}, inspect, onEdges, seen }: MatteHooks = {},
): Promise<PictureRows> {
  const { matting } = networks;
  const finished = async (matte: WorkingMatte, picture: Picture): Promise<PictureRows> => {
    const edges = edgeLook ? await withEdgeLook(matte, picture, matting) : undefined;
    if (edgeLook) onEdges?.(edges !== undefined);
    await turn(0.8);
    const found = edges ?? matte;
    const edgeWeight = edges && EDGE_WEIGHT;
    const alpha = refine ? await refinedMatte(found, { edgeWeight, signal }) : found.alpha;
    await turn(0.9);
    return upsampledRows({ ...found, alpha }, picture);
  };
  const first = seen ?? (await look(photo, networks, workingSize));
  await inspect?.(first);
  await turn(0.4);
  const region = secondLook
    ? regionOfSecondLook(first.alpha, [photo.height, photo.width])
    : undefined;
  if (region === undefined) return await finished(first, photo);
  await turn(0.5);
  const closer = croppedRows(photo, region);
  const second = await look(enlargedTo(workingSize, closer), networks, workingSize);
  await inspect?.(second);
  await turn(0.7);
  return laidOver(upsampledRows(first, photo), await finished(second, closer), region);
}

async function look(
  photo: Picture,
  { matting, trimap }: Pick<CutOutNetworks, 'matting' | 'trimap'>,
  workingSize: number,
): Promise<WorkingMatte> {
  const box = cutOutFrame([photo.height, photo.width], matting, trimap, workingSize);
  assertWorkingSizeFits(box.frame);
  return await workingMatte(photo, box, matting, trimap);
}
