import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePicture, type Picture } from '@latent-matte/core/fine-tune';

/** Side of the packed portraits, pixels. */
export const PORTRAIT_SIZE = 512;
export const BACKGROUND_WIDTH = 480;
export const BACKGROUND_HEIGHT = 320;

/** Names in the order of the packed files, and which are set aside for choosing settings. */
export interface DataIndex {
  portraits: { name: string; validation: boolean }[];
  backgrounds: { name: string; validation: boolean }[];
}

export interface Portrait {
  readonly name: string;
  readonly image: Picture;
  readonly foreground: Picture;
  readonly alpha: Picture;
}

export interface DataSet {
  readonly portraits: Portrait[];
  readonly backgrounds: Picture[];
}

/** Loads what `prepare-data` packed: the training part or the validation part. */
export async function loadDataSet(folder: string, part: 'train' | 'validation'): Promise<DataSet> {
  const index: DataIndex = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const wanted = part === 'validation';
  const pixels = PORTRAIT_SIZE * PORTRAIT_SIZE;
  const portraitBytes = await readFile(join(folder, 'portraits.bin'));
  const portraits: Portrait[] = [];
  index.portraits.forEach(({ name, validation }, i) => {
    if (validation !== wanted) return;
    const at = i * pixels * 7;
    const picture = (from: number, channels: number) =>
      makePicture(
        portraitBytes.subarray(from, from + pixels * channels),
        PORTRAIT_SIZE,
        PORTRAIT_SIZE,
        channels,
      );
    portraits.push({
      name,
      image: picture(at, 3),
      foreground: picture(at + pixels * 3, 3),
      alpha: picture(at + pixels * 6, 1),
    });
  });
  const backgroundBytes = await readFile(join(folder, 'backgrounds.bin'));
  const size = BACKGROUND_WIDTH * BACKGROUND_HEIGHT * 3;
  const backgrounds = index.backgrounds.flatMap(({ validation }, i) =>
    validation === wanted
      ? [
          makePicture(
            backgroundBytes.subarray(i * size, (i + 1) * size),
            BACKGROUND_WIDTH,
            BACKGROUND_HEIGHT,
            3,
          ),
        ]
      : [],
  );
  return { portraits, backgrounds };
}
