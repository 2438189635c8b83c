import type { MattingInput } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { joinChannels, trimapClasses } from '../layers';
import type { MattingDescription, NetworkInput, TrimapInput } from './description';
import type { Fitting } from './working-size';

/** What a network is called with, in its own layout, order of channels, range and size. */
export interface NetworkInputs {
  readonly image: tf.Tensor4D;
  /** Where the description has `trimap.as: 'input'`. */
  readonly trimap?: tf.Tensor4D;
}

/**
 * RGB `[N, H, W, 3]` in [0, 1] and the trimap → what the description says.
 *
 * @throws InvalidImageError a trimap is needed, and is absent or of another size
 */
export function networkInputs(
  given: MattingInput,
  { name, input = {}, trimap }: Pick<MattingDescription, 'name' | 'input' | 'trimap'>,
  fit: Fitting,
): NetworkInputs {
  const picture = normalized(fit.to(given.image), input);
  const arranged = (map: tf.Tensor4D): tf.Tensor4D =>
    input.layout === 'NCHW' ? tf.transpose(map, [0, 3, 1, 2]) : map;
  if (trimap === undefined) return { image: arranged(picture) };
  const { background, unknown, foreground } = trimapClasses(name, given);
  const coded = fitTrimap([background, unknown, foreground], trimap, fit);
  if (trimap.as === 'input') return { image: arranged(picture), trimap: arranged(coded) };
  return { image: arranged(joinChannels([picture, coded])) };
}

function normalized(picture: tf.Tensor4D, input: NetworkInput): tf.Tensor4D {
  const { colors = 'rgb', range = [0, 1], mean = [0, 0, 0], std = [1, 1, 1] } = input;
  // (low + (high − low) x − mean) / std as one product and one sum.
  const scale = std.map((s) => (range[1] - range[0]) / s);
  const offset = std.map((s, c) => (range[0] - mean[c]) / s);
  const ordered = colors === 'bgr' ? reversed(picture) : picture;
  const scaled = scale.every((s) => s === 1) ? ordered : tf.mul(ordered, tf.tensor1d(scale));
  return offset.every((o) => o === 0)
    ? (scaled as tf.Tensor4D)
    : tf.add<tf.Tensor4D>(scaled, tf.tensor1d(offset));
}

/** RGB ↔ BGR as a 1×1 convolution: reversing the last axis is slow on wasm. */
function reversed(picture: tf.Tensor4D): tf.Tensor4D {
  const exchange = tf.tensor4d([0, 0, 1, 0, 1, 0, 1, 0, 0], [1, 1, 3, 3]);
  return tf.conv2d(picture, exchange, 1, 'valid');
}

/** After resizing, a pixel belongs to the class that covers most of it; where none covers half, it is unknown. */
function fitTrimap(
  classes: readonly tf.Tensor4D[],
  { encoding = 'levels', values = [0, 0.5, 1] }: TrimapInput,
  fit: Fitting,
): tf.Tensor4D {
  const certain = (map: tf.Tensor4D) => tf.cast(tf.greater(fit.to(map), 0.5), 'float32');
  const background = certain(classes[0]) as tf.Tensor4D;
  const foreground = certain(classes[2]) as tf.Tensor4D;
  const unknown = tf.sub<tf.Tensor4D>(1, tf.add(background, foreground));
  if (encoding === 'one-hot') {
    return tf.mul(joinChannels([background, unknown, foreground]), values[2]);
  }
  return tf.addN([
    tf.mul(background, values[0]),
    tf.mul(unknown, values[1]),
    tf.mul(foreground, values[2]),
  ]) as tf.Tensor4D;
}
