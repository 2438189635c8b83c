/** The two layers of a picture: interleaved RGB in [0, 1], `width * height * 3` values each. */
export interface Layers {
  readonly foreground: Float32Array;
  readonly background: Float32Array;
}

/** Interleaved RGB of any depth, read where it lies: a value times `scale` is in [0, 1]. */
export interface Pixels {
  readonly data: ArrayLike<number>;
  readonly scale: number;
}
