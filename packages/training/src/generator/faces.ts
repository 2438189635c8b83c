import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, type Random } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';

/** Side of the packed faces, pixels. */
export const FACE_SIZE = 256;
/** Smallest side that a face is kept at. */
const SMALLEST = 4;

export type FaceIndex = { name: string; heldOut: boolean }[];

/** About one in twenty, by name only: the same faces whatever else is packed. Never trained on. */
export function isHeldOut(name: string): boolean {
  return createRandom(20261122).fork(name).uniform() < 0.045;
}

/** Faces at every power of two from 4 to 256, 8 bits. */
export class Faces {
  readonly names: readonly string[];
  readonly #levels: ReadonlyMap<number, readonly Uint8Array[]>;

  constructor(names: readonly string[], images: readonly Uint8Array[]) {
    this.names = names;
    const levels = new Map<number, readonly Uint8Array[]>([[FACE_SIZE, images]]);
    let current = images;
    for (let side = FACE_SIZE / 2; side >= SMALLEST; side /= 2) {
      current = current.map((image) => halved(image, side));
      levels.set(side, current);
    }
    this.#levels = levels;
  }

  get count(): number {
    return this.names.length;
  }

  /**
   * @param picks index of a face, or for its mirror image `count` more
   * @returns `[picks, side, side, 3]` in [−1, 1]
   */
  batch(picks: readonly number[], side: number): tf.Tensor4D {
    const images = this.#levels.get(side);
    if (images === undefined) throw new Error(`No faces of ${side} pixels`);
    const values = new Float32Array(picks.length * side * side * 3);
    let at = 0;
    for (const pick of picks) {
      const mirrored = pick >= this.count;
      const image = images[mirrored ? pick - this.count : pick];
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const from = (y * side + (mirrored ? side - 1 - x : x)) * 3;
          for (let c = 0; c < 3; c++) values[at++] = image[from + c] / 127.5 - 1;
        }
      }
    }
    return tf.tensor4d(values, [picks.length, side, side, 3]);
  }

  /** Random faces, half of them mirrored. */
  draw(random: Random, count: number): number[] {
    return Array.from({ length: count }, () => random.integer(2 * this.count));
  }
}

/** Loads what `pack-faces` packed: the part to train on, or the part that is held out. */
export async function loadFaces(folder: string): Promise<{ train: Faces; heldOut: Faces }> {
  const index: FaceIndex = JSON.parse(await readFile(join(folder, 'faces.json'), 'utf8'));
  const bytes = await readFile(join(folder, 'faces.bin'));
  const length = FACE_SIZE ** 2 * 3;
  const part = (heldOut: boolean) => {
    const chosen = index.flatMap((face, i) => (face.heldOut === heldOut ? [{ face, i }] : []));
    return new Faces(
      chosen.map(({ face }) => face.name),
      chosen.map(({ i }) => bytes.subarray(i * length, (i + 1) * length)),
    );
  };
  return { train: part(false), heldOut: part(true) };
}

function halved(image: Uint8Array, side: number): Uint8Array {
  const result = new Uint8Array(side * side * 3);
  const row = side * 6;
  let at = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < 3; c++) {
        const p = 2 * y * row + x * 6 + c;
        result[at++] = (image[p] + image[p + 3] + image[p + row] + image[p + row + 3] + 2) >> 2;
      }
    }
  }
  return result;
}
