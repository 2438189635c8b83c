import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { RasterImage } from '@latent-matte/core';
import type { TrainingPair } from '@latent-matte/core/fine-tune';

/** One picture of what packages/training/python/pack.py packs. */
interface Entry {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  /** Offset of its bytes in `pixels.u8`. */
  readonly at: number;
  readonly held_out: boolean;
}
interface Index {
  readonly pictures: readonly Entry[];
  readonly backgrounds: readonly Omit<Entry, 'held_out'>[];
}

/** Bytes per pixel: RGB, alpha, weight, prior, foreground RGB. */
const CHANNELS = 9;
const ALPHA = 3;

/** Pairs of a pack at a fraction of their size, read when their turn comes. */
export class PackedPairs {
  readonly length: number;
  readonly #entries: readonly Entry[];
  readonly #folder: string;
  readonly #shrink: number;
  readonly #pixels: number;

  /** @param shrink blocks of so many pixels a side become one */
  constructor(folder: string, { heldOut, shrink }: { heldOut: boolean; shrink: number }) {
    const index = readIndex(folder);
    this.#entries = index.pictures.filter(({ held_out }) => held_out === heldOut);
    this.length = this.#entries.length;
    this.#folder = folder;
    this.#shrink = shrink;
    this.#pixels = openSync(join(folder, 'pixels.u8'), 'r');
  }

  async load(index: number): Promise<TrainingPair> {
    const entry = this.#entries[index];
    if (entry === undefined) throw new RangeError(`There is no picture ${index}.`);
    const { name, width, height, at } = entry;
    const bytes = new Uint8Array(width * height * CHANNELS);
    readSync(this.#pixels, bytes, 0, bytes.length, at);
    const picture = { bytes, width, height, channels: CHANNELS };
    return {
      name,
      image: blockMeans(picture, [0, 1, 2], this.#shrink),
      alpha: blockMeans(picture, [ALPHA], this.#shrink),
    };
  }

  /** Scenes without people, to compose with. */
  backgrounds(): RasterImage[] {
    const file = openSync(join(this.#folder, 'backgrounds.u8'), 'r');
    try {
      return readIndex(this.#folder).backgrounds.map(({ width, height, at }) => {
        const bytes = new Uint8Array(width * height * 3);
        readSync(file, bytes, 0, bytes.length, at);
        return blockMeans({ bytes, width, height, channels: 3 }, [0, 1, 2], this.#shrink);
      });
    } finally {
      closeSync(file);
    }
  }

  close(): void {
    closeSync(this.#pixels);
  }
}

const readIndex = (folder: string): Index =>
  JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Index;

interface Bytes {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

function blockMeans(
  { bytes, width, height, channels }: Bytes,
  wanted: readonly number[],
  shrink: number,
): RasterImage {
  const [w, h] = [Math.floor(width / shrink), Math.floor(height / shrink)];
  const data = new Uint8Array(w * h * wanted.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (const [k, channel] of wanted.entries()) {
        let sum = 0;
        for (let dy = 0; dy < shrink; dy++) {
          const row = (y * shrink + dy) * width + x * shrink;
          for (let dx = 0; dx < shrink; dx++) sum += bytes[(row + dx) * channels + channel]!;
        }
        data[(y * w + x) * wanted.length + k] = Math.round(sum / shrink ** 2);
      }
    }
  }
  return { width: w, height: h, channels: wanted.length as 1 | 3, data };
}
