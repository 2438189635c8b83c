import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePicture, type Picture } from '@latent-matte/core/fine-tune';

/** Side of the packed portraits, pixels. */
export const PORTRAIT_SIZE = 512;
/** Bytes of one packed portrait: photograph, foreground colours and alpha. */
export const PORTRAIT_BYTES = PORTRAIT_SIZE * PORTRAIT_SIZE * 7;
export const BACKGROUND_WIDTH = 480;
export const BACKGROUND_HEIGHT = 320;

/** Names in the order of the packed files, and which are set aside for choosing settings. */
export interface DataIndex {
  portraits: { name: string; validation: boolean }[];
  backgrounds: { name: string; validation: boolean }[];
}

/** The networks whose mattes `mattes.bin` holds, in the order of its maps (see predict-mattes.ts). */
export interface MatteIndex {
  models: string[];
}

export interface Portrait {
  readonly name: string;
  readonly image: Picture;
  readonly foreground: Picture;
  readonly alpha: Picture;
  /** What networks make of the photograph; none where `mattes.bin` is absent. */
  readonly predicted: readonly Picture[];
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
  const predicted = await loadMattes(folder);
  const portraits: Portrait[] = [];
  index.portraits.forEach(({ name, validation }, i) => {
    if (validation !== wanted) return;
    const at = i * PORTRAIT_BYTES;
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
      predicted: predicted(i),
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

/** The mattes that networks made of the portrait of an index. */
async function loadMattes(folder: string): Promise<(portrait: number) => Picture[]> {
  const file = join(folder, 'mattes.json');
  if (!existsSync(file)) return () => [];
  const { models }: MatteIndex = JSON.parse(await readFile(file, 'utf8'));
  const bytes = await readFile(join(folder, 'mattes.bin'));
  const pixels = PORTRAIT_SIZE * PORTRAIT_SIZE;
  return (portrait) =>
    models.map((_, model) => {
      const at = (portrait * models.length + model) * pixels;
      return makePicture(bytes.subarray(at, at + pixels), PORTRAIT_SIZE, PORTRAIT_SIZE, 1);
    });
}
