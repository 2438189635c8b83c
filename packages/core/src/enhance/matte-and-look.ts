import { cutOutFrame, type WorkingMatte, workingMatteOf } from '../cutout/working-matte';
import { frameTensor } from '../imaging/image-letterbox';
import type { Letterbox } from '../imaging/letterbox';
import type { Picture } from '../imaging/picture-rows';
import type { Matte } from '../prediction/matte';
import { matteOfFrame, matteOfImage } from '../prediction/matte-of-image';
import type { Parts } from '../prediction/parts';
import { matteFrame } from '../prediction/predict-matte';

/** A matte as the model makes it, and the first look of the cut-out of the same picture, where one pass is both. */
export interface MatteAndLook {
  readonly matte: Matte;
  /** Absent where a cut-out looks in another frame: at a smaller size, or without the trimap model's rules. */
  readonly look?: WorkingMatte;
}

/**
 * `matteOfImage`, with what `cutOutOfPortrait` would ask the networks once more.
 *
 * @param image RGB. @param workingSize longest side at which the networks of the cut-out look, pixels
 * @throws ModelOutputError a wrong shape, NaN or infinity
 */
export async function matteAndLook(
  { reference, trimap }: Pick<Parts, 'reference' | 'trimap'>,
  image: Picture,
  workingSize: number,
): Promise<MatteAndLook> {
  const parts = { reference, trimap };
  const size = [image.height, image.width] as const;
  const box = matteFrame(size, trimap, reference);
  const asked = reference.needsTrimap ? trimap : undefined;
  if (!isSame(box, cutOutFrame(size, reference, asked, workingSize))) {
    return { matte: await matteOfImage(parts, image) };
  }
  const framed = frameTensor(image, box);
  let look: WorkingMatte | undefined;
  try {
    const matte = await matteOfFrame(parts, framed, box, {
      inspect: async (alpha) => {
        look = await workingMatteOf(framed, alpha, box);
      },
    });
    return { matte, ...(look && { look }) };
  } finally {
    framed.dispose();
  }
}

const isSame = (a: Letterbox, b: Letterbox): boolean =>
  a.top === b.top &&
  a.left === b.left &&
  a.frame.every((side, i) => side === b.frame[i]) &&
  a.content.every((side, i) => side === b.content[i]);
