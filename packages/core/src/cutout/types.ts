import type { FloatImage } from '../contracts';

/** What `matte` found. Plain data: nothing to dispose. */
export interface MatteResult {
  /** Opacity of the person in [0, 1], one channel, the size of the photo. */
  readonly alpha: FloatImage;
  /**
   * How sure it is that this is a person, and cut out where they are, in [0, 1], by the closest look at them. Below 0.5
   * `warnings` says so.
   */
  readonly confidence: number;
  /**
   * Degrees, clockwise, by which the photo was turned for the networks to find the person: 0 but where nobody was surely
   * found in the photo as it is. `alpha` is that of the photo as it is, whatever this says.
   */
  readonly turned: 0 | 90 | 180 | 270;
  /** Things a user should know, each one sentence. */
  readonly warnings: readonly string[];
}

/** A person cut out, in layers: a matte, and the colours that go with it. Plain data: nothing to dispose. */
export interface CutOutLayers extends MatteResult {
  /** Colours of the person without what was behind, RGB, the size of the photo. Its pixels are made when they are read. */
  readonly foreground: FloatImage;
}

/** A cut-out on its way, as large as the networks look. Plain data: nothing to dispose. */
export interface CutOutPreview extends Pick<CutOutLayers, 'alpha' | 'foreground'> {
  /** The person: RGBA, not premultiplied, whatever the background. */
  readonly image: FloatImage;
}

/** What `cutOut` found. Plain data: nothing to dispose. */
export interface CutOut extends CutOutLayers {
  /**
   * The person: RGBA, not premultiplied, the size of the photo. With `background`: on it, RGB. Its pixels are made when they
   * are read, of `foreground` and `alpha` as they are then.
   */
  readonly image: FloatImage;
}
