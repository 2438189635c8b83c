import type { FloatImage } from '../contracts';

/** Trimap and matte of one version of the portrait, both at the size of the source. */
export interface Matte {
  /** `[0, 1]`, one channel. */
  readonly alpha: FloatImage;
  /** 0 = background, 0.5 = unknown, 1 = foreground, one channel. */
  readonly trimap: FloatImage;
  /** Mean entropy of the trimap model over the picture, nats in [0, ln 3]: L_em (paper Eq. 3). */
  readonly entropy: number;
}
