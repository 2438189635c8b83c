import { ModelOutputError } from '@latent-matte/core';
import { maxPool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { trimapFromPerson } from '../deeplab';
import { joinChannels, selectChannels } from '../layers';
import type { MattingDescription, TrimapDescription } from './description';
import type { Fitting } from './working-size';

/** Half the margin of a trimap made from a segmenter: see `trimapFromPerson`. */
const MARGIN = 2;
/** Below every probability that matters; its logarithm is finite in float32. */
const SMALLEST = 1e-7;

/** Raw answer → alpha `[N, H, W, 1]` at the size of the picture, not clipped. */
export function alphaFrom(
  answer: tf.Tensor,
  description: MattingDescription,
  batch: number,
  fit: Fitting,
): tf.Tensor4D {
  const { activation = 'none', range = [0, 1], channel } = description.output ?? {};
  const map = mapFrom(answer, description, batch, fit);
  const place = channel ?? (activation === 'softmax' ? 1 : 0);
  requireChannel(map, place, description.name);
  const one = (x: tf.Tensor4D) => (x.shape[3] === 1 ? x : selectChannels(x, place, 1));
  const active =
    activation === 'softmax'
      ? one(tf.softmax(map, 3))
      : activation === 'sigmoid'
        ? tf.sigmoid(one(map))
        : one(map);
  const alpha =
    range[0] === 0 && range[1] === 1
      ? active
      : tf.mul(tf.sub(active, range[0]), 1 / (range[1] - range[0]));
  return fit.back(alpha as tf.Tensor4D);
}

/** Raw answer → logits `[N, H, W, 3]` of background, unknown and foreground at the size of the picture. */
export function logitsFrom(
  answer: tf.Tensor,
  description: TrimapDescription,
  batch: number,
  fit: Fitting,
): tf.Tensor4D {
  const { values = 'logits', classes = [0, 1, 2], person } = description.output ?? {};
  const map = mapFrom(answer, description, batch, fit);
  const logarithm = (p: tf.Tensor4D): tf.Tensor4D => tf.log(tf.maximum(p, SMALLEST) as tf.Tensor4D);
  if (person === undefined) {
    for (const channel of classes) requireChannel(map, channel, description.name);
    const picked = joinChannels(classes.map((channel) => selectChannels(map, channel, 1)));
    return fit.back(values === 'logits' ? picked : logarithm(picked));
  }
  requireChannel(map, person.channel, description.name);
  const { margin = MARGIN, band = 0 } = person;
  if (map.shape[3] > 1) {
    const logits = values === 'logits' ? map : logarithm(map);
    const three = trimapFromPerson(logits, { index: person.channel, margin });
    return fit.back(widened(three, band));
  }
  const other: tf.Tensor4D =
    values === 'logits'
      ? (tf.zerosLike(map) as tf.Tensor4D)
      : logarithm(tf.sub<tf.Tensor4D>(1, map));
  const both = joinChannels([other, values === 'logits' ? map : logarithm(map)]);
  return fit.back(widened(trimapFromPerson(both, { index: 1, margin }), band));
}

/**
 * The unknown, widened by `band` pixels: each logit becomes the least of its neighbourhood, and a pixel is as surely
 * background or foreground as the least sure around it. Unknown itself is the same everywhere, and stays.
 */
function widened(logits: tf.Tensor4D, band: number): tf.Tensor4D {
  if (band === 0) return logits;
  const size = 2 * band + 1;
  return tf.neg(maxPool(tf.neg(logits), { size, stride: 1, padding: band }));
}

/** The answer as NHWC. Coarser maps are taken when the working size is a multiple of theirs. */
function mapFrom(
  answer: tf.Tensor,
  { name, input, output }: MattingDescription | TrimapDescription,
  batch: number,
  { size }: Fitting,
): tf.Tensor4D {
  const layout = output?.layout ?? input?.layout ?? 'NHWC';
  const shape = answer.shape;
  const planar = shape.length === 3;
  const map = (
    planar
      ? tf.expandDims(answer, 3)
      : layout === 'NCHW' && shape.length === 4
        ? tf.transpose(answer, [0, 2, 3, 1])
        : answer
  ) as tf.Tensor4D;
  const [n, height, width] = map.shape;
  const whole = size[0] % height === 0 && size[1] % width === 0;
  if (map.rank === 4 && n === batch && whole && size[0] * width === size[1] * height) {
    return map.dtype === 'float32' ? map : tf.cast(map, 'float32');
  }
  throw new ModelOutputError(
    `"${name}" answered [${shape}] to ${batch} picture${batch === 1 ? '' : 's'} of ${size[0]}×${size[1]}, read as ${planar ? '[N, H, W]' : layout}.`,
    'Name the output that is the map (output.name), and its layout (output.layout).',
  );
}

function requireChannel(map: tf.Tensor4D, channel: number, name: string): void {
  if (channel < map.shape[3]) return;
  throw new ModelOutputError(
    `"${name}" answers ${map.shape[3]} channels; the description wants channel ${channel} (from 0).`,
    'Correct the channel in the description, or name another output.',
  );
}
