import type { Stroke } from '../stage/strokes';

/** `waiting` for its turn, `working`, `done`, or not: `failed`, `cancelled`. */
export type PhotoState = 'waiting' | 'working' | 'done' | 'failed' | 'cancelled';

/** A photo of the strip. Pixels are not kept: twenty photos of a phone would not fit into its memory. */
export interface Photo {
  /** Without the ending. */
  readonly name: string;
  readonly file: Blob;
  /** An address of a picture for the strip. */
  readonly thumbnail: string;
  state: PhotoState;
  /** Once it is done. */
  cut?: Cut;
  /** Why it failed. */
  failure?: unknown;
  /** What was marked by hand. */
  strokes: Stroke[];
  /** The cut-out without marks, once there are some. */
  unmarked?: Cut | undefined;
}

/** A cut-out as a file, and what is known about it. */
export interface Cut {
  /** The person, RGBA. */
  readonly picture: Blob;
  /** How sure the network is that this is a person, in [0, 1]. */
  readonly confidence: number;
  /** From the file to the cut-out. Absent for an example, which was cut out beforehand. */
  readonly seconds?: number;
  readonly warnings: readonly string[];
}

export function newPhoto(file: Blob, name: string): Photo {
  return {
    name: name.replace(/\.\w+$/, '') || 'portrait',
    file,
    thumbnail: URL.createObjectURL(file),
    state: 'waiting',
    strokes: [],
  };
}
