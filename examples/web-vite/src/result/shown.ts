import type { FloatImage, RasterImage } from '@latent-matte/backend-web/page';
import type { Layers } from '../stage/layers';

/** What is on the stage, and what is saved of it. */
export interface Shown {
  /** Of the file, without ending. */
  readonly name: string;
  readonly photo: RasterImage;
  readonly layers: Layers;
  /** The enhanced portrait, after a search. */
  readonly portrait?: FloatImage;
}
