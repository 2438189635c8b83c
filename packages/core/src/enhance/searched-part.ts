import type { FloatImage, RasterImage } from '../contracts';
import { laidOver, regionOfSecondLook } from '../cutout/second-look';
import { cropImage, type Region } from '../imaging/crop-image';
import { enlargedTo } from '../imaging/enlarged-to';
import {
  changedRows,
  clippedCopy,
  clippedRows,
  croppedRows,
  pictureOfRows,
  readRows,
} from '../imaging/picture-rows';
import { toFloatImage } from '../imaging/raster';
import { resampledRows, resizeImage } from '../imaging/resampled-rows';
import type { Matte } from '../prediction/matte';
import { boundedChange, type ChangeBounds } from '../search/bound-change';

/**
 * The part of a photo that is searched. Where the person fills little of it, that is the person with room around, as large
 * as the networks look: the target is made from what `cutOut` sees at its second look, and the change goes where it counts.
 */
export class SearchedPart {
  /** Where it lies in the photo; undefined for all of it. */
  readonly region: Region | undefined;
  /** RGB. */
  readonly photo: RasterImage;
  readonly #source: RasterImage;

  private constructor(source: RasterImage, photo: RasterImage, region: Region | undefined) {
    this.#source = source;
    this.photo = photo;
    this.region = region;
  }

  static wholeOf(source: RasterImage): SearchedPart {
    return new SearchedPart(source, source, undefined);
  }

  /**
   * @param source the photo, RGB
   * @param first its matte
   * @param workingSize longest side at which the networks look, pixels
   */
  static personIn(source: RasterImage, first: FloatImage, workingSize: number): SearchedPart {
    const region = regionOfSecondLook(readRows(first), [source.height, source.width]);
    if (region === undefined) return SearchedPart.wholeOf(source);
    const enlarged = enlargedTo(workingSize, croppedRows(source, region));
    // What was enlarged is small; what was not is read from the photo.
    const isSmall = 'data' in enlarged;
    const photo = isSmall ? clippedCopy(enlarged) : pictureOfRows(clippedRows(enlarged));
    return new SearchedPart(source, photo, region);
  }

  /** The same part of a picture that shows what the photo shows, at any size. */
  of(picture: FloatImage): FloatImage {
    if (this.region === undefined) return picture;
    const { height, width } = this.#source;
    const { photo } = this;
    const part = cropImage(resizeImage(picture, [height, width], 'area'), this.region);
    return resizeImage(part, [photo.height, photo.width], 'bicubic');
  }

  /** {@link of}, for both maps of a matte of the photo. */
  ofMatte({ alpha, trimap, entropy }: Matte): Matte {
    return { alpha: this.of(alpha), trimap: this.of(trimap), entropy };
  }

  /**
   * The photo with a changed part, which fades out towards sides where the photo goes on. Beyond the part it is read from
   * the photo when it is read.
   *
   * @param changed as `photo`. @param bounds of the change at the size of the photo
   */
  async inPhoto(changed: FloatImage, bounds: ChangeBounds): Promise<FloatImage> {
    const { region } = this;
    if (region === undefined) return changed;
    const part = await this.#atSource(changed, region, bounds);
    return pictureOfRows(laidOver(clippedRows(this.#source), part, region));
  }

  /** The changed part at its size in the photo: its change added to that. */
  async #atSource(changed: FloatImage, region: Region, bounds: ChangeBounds): Promise<FloatImage> {
    const { height, width } = region;
    if (changed.height === height && changed.width === width) return changed;
    // Both are small: they were enlarged to be searched.
    const { data: before } = toFloatImage(this.photo);
    const change = changed.data.map((value, i) => value - before[i]);
    const moved = {
      width: changed.width,
      height: changed.height,
      channels: changed.channels,
      data: change,
    };
    const base = croppedRows(this.#source, region);
    const free = changedRows(base, () => resampledRows(moved, [height, width], 'area'));
    return pictureOfRows(await boundedChange(base, free, bounds));
  }
}
