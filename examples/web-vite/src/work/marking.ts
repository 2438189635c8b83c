import type { Photo } from '../photos/photo';
import { decodedLayers } from '../stage/layers';
import type { Stroke } from '../stage/strokes';
import { type CutOutPixels, cutOutMarked } from './cut-out-photo';
import { readSettings } from './settings';

/** Cuts a photo out again after each stroke; strokes that come meanwhile share the next pass. */
export class Marking {
  readonly #onCut: (photo: Photo, cut: CutOutPixels | undefined) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #running = false;

  /** @param onCut the cut-out with the marks; `undefined`: all were taken back */
  constructor(
    onCut: (photo: Photo, cut: CutOutPixels | undefined) => Promise<void>,
    onError: (error: unknown) => void,
  ) {
    this.#onCut = onCut;
    this.#onError = onError;
  }

  async mark(photo: Photo, strokes: Stroke[]): Promise<void> {
    photo.strokes = strokes;
    if (this.#running || photo.cut === undefined) return;
    this.#running = true;
    photo.unmarked ??= photo.cut;
    try {
      let done: readonly Stroke[] | undefined;
      while (done !== photo.strokes) {
        done = photo.strokes;
        if (done.length === 0) {
          photo.cut = photo.unmarked;
          await this.#onCut(photo, undefined);
        } else {
          const unmarked = await decodedLayers(photo.unmarked.picture);
          await this.#onCut(photo, await cutOutMarked(photo, unmarked, readSettings()));
        }
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#running = false;
    }
  }
}
