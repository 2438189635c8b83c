import * as tf from '@tensorflow/tfjs-core';
import { ModelOutputError } from '../errors';
import type { FloatImage, MattingModel, RasterImage } from '../spec';

/**
 * The matte of a matting model for a trimap that is known, at the size of the picture. The picture is scaled to
 * what the model accepts and padded by mirroring; where the trimap is certain, alpha is the trimap.
 *
 * @param image RGB. @param trimap one channel, the same size
 * @throws ModelOutputError wrong shape, or NaN
 */
export async function matteWithTrimap(
  model: MattingModel,
  image: RasterImage,
  trimap: RasterImage,
): Promise<FloatImage> {
  const { width, height } = image;
  const known = toFloat(trimap);
  const result = tf.tidy(() => {
    const [innerHeight, innerWidth, outerHeight, outerWidth] = workingSize(
      height,
      width,
      model.input,
    );
    const padding: [number, number][] = [
      [0, 0],
      [0, outerHeight - innerHeight],
      [0, outerWidth - innerWidth],
      [0, 0],
    ];
    const fit = (data: Float32Array, channels: number, smooth: boolean): tf.Tensor4D => {
      const source = tf.tensor4d(data, [1, height, width, channels]);
      const size: [number, number] = [innerHeight, innerWidth];
      const scaled = smooth
        ? tf.image.resizeBilinear(source, size, false, true)
        : tf.image.resizeNearestNeighbor(source, size, false, true);
      return tf.mirrorPad(scaled, padding, 'symmetric');
    };
    const input = fit(toFloat(image), 3, true);
    const alpha = model.needsTrimap
      ? model.alpha({ image: input, trimap: fit(known, 1, false) })
      : model.alpha({ image: input });
    if (alpha.shape.join() !== [1, outerHeight, outerWidth, 1].join()) {
      throw new ModelOutputError(
        `The matting model ${model.name} returned [${alpha.shape}] for a picture of ${outerHeight} × ${outerWidth}.`,
        'It must return [1, height, width, 1].',
      );
    }
    const inner = tf.slice(alpha, [0, 0, 0, 0], [1, innerHeight, innerWidth, 1]);
    return tf.image.resizeBilinear(inner, [height, width], false, true);
  });
  const data = new Float32Array(await result.data());
  result.dispose();
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i])) {
      throw new ModelOutputError(
        `The matting model ${model.name} returned NaN.`,
        'Check its weights and the range it expects.',
      );
    }
    const certain = model.needsTrimap && (known[i] === 0 || known[i] === 1);
    data[i] = certain ? known[i]! : Math.min(1, Math.max(0, data[i]!));
  }
  return { width, height, channels: 1, data };
}

/** Scaled size, then the padded one that the model accepts. */
function workingSize(
  height: number,
  width: number,
  { multipleOf, min, max }: MattingModel['input'],
): [number, number, number, number] {
  const longest = Math.max(height, width);
  // Never below the minimum on the shorter side, unless the longer one would pass the maximum.
  const scale = Math.min(max / longest, Math.max(1, min / Math.min(height, width)));
  const inner = [height, width].map((side) => Math.max(1, Math.round(side * scale)));
  const outer = inner.map((side) => Math.ceil(Math.max(side, min) / multipleOf) * multipleOf);
  // Mirroring can at most double a side: an extremely long picture is stretched instead.
  const fitted = inner.map((side, axis) => (outer[axis]! > 2 * side ? outer[axis]! : side));
  return [fitted[0]!, fitted[1]!, outer[0]!, outer[1]!];
}

/** Data in [0, 1]; an alpha channel is dropped. */
function toFloat({ width, height, channels, data }: RasterImage): Float32Array {
  const full = data instanceof Float32Array ? 1 : data instanceof Uint16Array ? 65535 : 255;
  const kept = Math.min(channels, 3);
  const result = new Float32Array(width * height * kept);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < kept; channel++) {
      result[pixel * kept + channel] = data[pixel * channels + channel]! / full;
    }
  }
  return result;
}
