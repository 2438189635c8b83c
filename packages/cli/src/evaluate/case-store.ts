import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encodeImage,
  type FloatImage,
  type ImageFormat,
  type RasterImage,
} from '@latent-matte/backend-node';
import type { EvaluationSample, PictureEvaluation } from '@latent-matte/backend-node/evaluate';
import { makeFolder } from '@latent-matte/files/make-folder';
import { sha256Of } from '@latent-matte/files/sha256-of';
import { removeLeftovers } from '@latent-matte/files/temporary-name';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { perturbationImage } from '../enhance/perturbation';

/** What a report shows of one picture (the columns of the paper's Fig. 4), as data URLs. */
export interface CasePictures {
  readonly width: number;
  readonly height: number;
  readonly portrait: string;
  readonly enhanced: string;
  /** The given one, or the one predicted on the original. */
  readonly trimap: string;
  readonly truth: string;
  readonly before: string;
  readonly after: string;
  /** Enhanced minus portrait × `amplification`, around mid-grey. */
  readonly perturbation: string;
  readonly amplification: number;
  /** The enhanced foreground over a plain colour. */
  readonly composite: string;
}

/** Longest side of the pictures that are kept. */
const MAX_SIDE = 360;

/** sRGB, far from skin, hair and studio backgrounds. */
const PLAIN_COLOUR = [0.16, 0.55, 0.47];

/**
 * Small pictures of every case, in a folder beside the state: which of them are best, median and worst is known only
 * in the end, and after `--resume` the early ones are not computed again.
 */
export class CaseStore {
  readonly #folder: string;
  readonly #note: (text: string) => void;

  private constructor(folder: string, note: (text: string) => void) {
    this.#folder = folder;
    this.#note = note;
  }

  /** @param note told of pictures that cannot be shown. @throws OutputError */
  static async open(folder: string, note: (text: string) => void): Promise<CaseStore> {
    await makeFolder(folder);
    await removeLeftovers(folder);
    return new CaseStore(folder, note);
  }

  /** @throws OutputError */
  async keep(
    task: string,
    sample: EvaluationSample,
    { mattes, enhancement }: PictureEvaluation,
    trimapSource: 'predicted' | 'given',
  ): Promise<void> {
    const { image } = sample;
    const { portrait, foreground, original } = enhancement;
    const { image: perturbation, amplification } = perturbationImage(image, portrait);
    const trimap = trimapSource === 'given' ? sample.trimap! : original.trimap;
    const scale = Math.min(1, MAX_SIDE / Math.max(image.width, image.height));
    const pictures: CasePictures = {
      width: Math.round(image.width * scale),
      height: Math.round(image.height * scale),
      portrait: await dataUrl(image, 'jpeg'),
      enhanced: await dataUrl(portrait, 'jpeg'),
      trimap: await dataUrl(trimap, 'png'),
      truth: await dataUrl(sample.alpha, 'png'),
      before: await dataUrl(mattes.original, 'png'),
      after: await dataUrl(mattes.enhanced, 'png'),
      perturbation: await dataUrl(perturbation, 'jpeg'),
      amplification,
      composite: await dataUrl(overPlainColour(foreground, mattes.enhanced), 'jpeg'),
    };
    await writeFileAtomic(this.#fileOf(task), JSON.stringify(pictures));
  }

  /** Undefined when the picture was measured by a run that kept none, or what it kept is damaged. */
  async find(task: string): Promise<CasePictures | undefined> {
    const text = await readFile(this.#fileOf(task), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const pictures = parseCase(text);
    if (pictures === undefined) {
      this.#note(`${this.#fileOf(task)} is damaged: the report shows no pictures of this case.`);
    }
    return pictures;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** By hash: a picture's name may be no file name on another system. */
  #fileOf(task: string): string {
    const hash = sha256Of(task).slice(0, 32);
    return join(this.#folder, `${hash}.json`);
  }
}

const SIZES = ['width', 'height', 'amplification'] as const;
const PICTURES = [
  ...(['portrait', 'enhanced', 'trimap', 'truth', 'before', 'after'] as const),
  ...(['perturbation', 'composite'] as const),
];

/** What {@link CaseStore.keep} wrote; anything else would become part of a page. */
function parseCase(text: string): CasePictures | undefined {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { ...fields } = value;
  const isPicture = (name: string) => {
    const field = fields[name];
    return (
      typeof field === 'string' && /^data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/]+=*$/.test(field)
    );
  };
  const isWhole = SIZES.every((name) => Number.isFinite(fields[name])) && PICTURES.every(isPicture);
  return isWhole ? (fields as unknown as CasePictures) : undefined;
}

async function dataUrl(image: RasterImage, format: ImageFormat): Promise<string> {
  const bytes = await encodeImage(image, format, { maxSide: MAX_SIDE, quality: 85, depth: 8 });
  return `data:image/${format};base64,${Buffer.from(bytes).toString('base64')}`;
}

function overPlainColour(foreground: FloatImage, alpha: RasterImage): FloatImage {
  const full =
    alpha.data instanceof Float32Array ? 1 : alpha.data instanceof Uint16Array ? 65535 : 255;
  const data = foreground.data.map((value, index) => {
    const a = alpha.data[Math.floor(index / 3)]! / full;
    return a * value + (1 - a) * PLAIN_COLOUR[index % 3]!;
  });
  return { ...foreground, data };
}
