import type { FloatImage, RasterImage } from '../contracts';
import { laidOver, regionOfSecondLook } from '../cutout/second-look';
import { clipUnit } from '../imaging/clip-unit';
import { cropImage, type Region } from '../imaging/crop-image';
import { enlargedTo } from '../imaging/enlarged-to';
import {
  clippedCopy,
  clippedRows,
  croppedRows,
  pictureOfRows,
  readRows,
} from '../imaging/picture-rows';
import { toFloatImage } from '../imaging/raster';
import { resizeImage } from '../imaging/resampled-rows';
import { sampleReader } from '../imaging/sample-reader';
import type { Matte } from '../prediction/matte';
import { boundChangeWork, type ChangeBounds, hasBounds } from '../search/bound-change';
import { finishInSlices } from '../solvers/work';

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
    return new SearchedPart(source, clippedCopy(enlarged), region);
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
    const { data: before } = toFloatImage(this.photo);
    const change = changed.data.map((value, i) => value - before[i]);
    const part = resizeImage({ ...changed, data: change }, [height, width], 'area');
    const original = sampleReader(cropImage(this.#source, region));
    // In place: it may be as large as the photo.
    for (let i = 0; i < part.data.length; i++) part.data[i] = clipUnit(original(i) + part.data[i]);
    if (hasBounds(bounds)) {
      const work = boundChangeWork(original, part.data, width, height, bounds);
      await finishInSlices(work, { operation: 'Enhancement' });
    }
    return part;
  }
}
