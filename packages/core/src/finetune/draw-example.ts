import { trimapFromAlpha } from '../imaging/trimap-from-alpha';
import type { Random } from '../random';
import { addNoise, applyColors, blurMap, drawColors } from './degrade';
import { addJpegArtefacts } from './jpeg-artefacts';
import type { FineTuneSettings } from './options';
import type { PreparedPair } from './pair-store';
import type { Picture } from './picture';
import { backgroundFrame, detailFrame, portraitFrame, sampleWindow } from './sample-window';

/** One training example, plain data, `size × size`. */
export interface Example {
  /** RGB in [0, 1], interleaved. */
  readonly image: Float32Array;
  /** In [0, 1]. */
  readonly alpha: Float32Array;
  /** 0 = background, 1 = unknown, 2 = foreground. */
  readonly trimap: Uint8Array;
  /** F − B, RGB; 0 where the layers are not known (photographs as they are). */
  readonly contrast: Float32Array;
}

/**
 * A random example of a pair: framing, mirror image, rotation, colours, background, blur, JPEG artefacts, noise, growth
 * of the unknown region.
 *
 * @param scene a background to compose with; none = the photograph as it is
 */
export function drawExample(
  pair: PreparedPair,
  scene: Picture | undefined,
  random: Random,
  { crop: size, framing, augment }: Pick<FineTuneSettings, 'crop' | 'framing' | 'augment'>,
): Example {
  const frame =
    framing === 'portrait'
      ? portraitFrame(random, pair.alpha, augment)
      : detailFrame(random, pair.alpha, size, augment);
  const alpha = sampleWindow(pair.alpha, frame, size);
  for (let i = 0; i < alpha.length; i++) alpha[i] /= 255;
  const contrast = new Float32Array(size * size * 3);
  let image: Float32Array;
  if (scene === undefined) {
    image = sampleWindow(pair.image, frame, size);
    // A photograph has its light; too much of a change would not look like one.
    applyColors(image, drawColors(random, 0.5 * augment.color));
  } else {
    image = sampleWindow(pair.foreground, frame, size);
    const background = sampleWindow(scene, backgroundFrame(random, scene), size);
    applyColors(image, drawColors(random, augment.color));
    applyColors(background, drawColors(random, augment.color));
    for (let i = 0; i < image.length; i++) {
      contrast[i] = image[i] - background[i];
      image[i] = background[i] + alpha[(i / 3) | 0] * contrast[i];
    }
  }
  if (random.uniform() < augment.blur) {
    const sigma = 0.4 + 0.8 * random.uniform();
    blurMap(image, size, size, 3, sigma);
    // Blurring αF + (1 − α)B blurs α too, wherever the layers are smooth.
    blurMap(alpha, size, size, 1, sigma);
  }
  if (random.uniform() < augment.jpeg) {
    addJpegArtefacts(image, size, size, 40 + random.integer(56));
  }
  addNoise(image, random, augment.noise);
  const growth = augment.trimapGrowth;
  const outward = growth === 0 ? 0 : 1 + random.integer(growth);
  const inward = growth === 0 ? 0 : 1 + random.integer(Math.ceil(growth * 0.65));
  const given =
    pair.unknown === undefined
      ? undefined
      : Uint8Array.from(sampleWindow(pair.unknown, frame, size), (v) => (v > 127 ? 1 : 0));
  return {
    image,
    alpha,
    trimap: trimapFromAlpha(alpha, size, size, outward, inward, given),
    contrast,
  };
}
