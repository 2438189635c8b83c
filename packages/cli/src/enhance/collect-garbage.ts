import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Pixels of a photo above which what lies about is worth a collection: 50 ms, against hundreds of megabytes. */
const WORTH_IT = 8e6;

/** Whether a photo is so large. */
export const isWorthIt = ({ width, height }: { width: number; height: number }): boolean =>
  width * height >= WORTH_IT;

let collect: (() => void) | undefined;

/**
 * Frees what nobody refers to any more, after a step that made arrays as large as a photo. V8 collects when its own heap
 * grows; arrays of pixels lie outside of that, and three or four of them can lie about for as long as a run takes.
 */
export function collectGarbage(picture: { width: number; height: number }): void {
  if (!isWorthIt(picture)) return;
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  collect();
}

/** Milliseconds between two collections. */
const EVERY = 1000;

/** {@link collectGarbage} again and again, whenever what runs lets the event loop turn. @returns ends it */
export function collectingGarbage(picture: { width: number; height: number }): () => void {
  if (!isWorthIt(picture)) return () => {};
  const timer = setInterval(() => collectGarbage(picture), EVERY);
  return () => clearInterval(timer);
}
