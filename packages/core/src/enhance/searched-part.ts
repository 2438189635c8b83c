import type { FloatImage } from '../contracts';
import { layOver, regionOfSecondLook } from '../cutout/second-look';
import { clipUnit } from '../imaging/clip-unit';
import { cropImage, type Region } from '../imaging/crop-image';
import { enlargedTo } from '../imaging/enlarged-to';
import { resizeImage } from '../imaging/resampled-rows';
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
  readonly photo: FloatImage;
  readonly #source: FloatImage;

  private constructor(source: FloatImage, photo: FloatImage, region: Region | undefined) {
    this.#source = source;
    this.photo = photo;
    this.region = region;
  }

  static wholeOf(source: FloatImage): SearchedPart {
    return new SearchedPart(source, source, undefined);
  }

  /**
   * @param source the photo, RGB
   * @param first its matte
   * @param workingSize longest side at which the networks look, pixels
   */
  static personIn(source: FloatImage, first: FloatImage, workingSize: number): SearchedPart {
    const region = regionOfSecondLook(first, [source.height, source.width]);
    if (region === undefined) return SearchedPart.wholeOf(source);
    const enlarged = enlargedTo(workingSize, cropImage(source, region));
    const photo = { ...enlarged, data: enlarged.data.map(clipUnit) };
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
   * The photo with a changed part, which fades out towards sides where the photo goes on.
   *
   * @param changed as `photo`. @param bounds of the change at the size of the photo
   */
  async inPhoto(changed: FloatImage, bounds: ChangeBounds): Promise<FloatImage> {
    const { region } = this;
    if (region === undefined) return changed;
    const original = cropImage(this.#source, region);
    const { height, width } = original;
    let part = changed;
    if (changed.height !== height || changed.width !== width) {
      const change = changed.data.map((value, i) => value - this.photo.data[i]);
      const { data } = resizeImage({ ...changed, data: change }, [height, width], 'area');
      part = { ...original, data: data.map((value, i) => clipUnit(original.data[i] + value)) };
      if (hasBounds(bounds)) {
        const work = boundChangeWork(original.data, part.data, width, height, bounds);
        await finishInSlices(work, { operation: 'Enhancement' });
      }
    }
    const whole = { ...this.#source, data: this.#source.data.map(clipUnit) };
    layOver(whole, part, region);
    return whole;
  }
}
