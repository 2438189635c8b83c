import type { Random } from '@latent-matte/core';
import { upfirdn2d } from '@latent-matte/core/ops';
import {
  COMPACT_DISCRIMINATOR,
  discriminatorShapes,
  type StyleGAN2Architecture,
  withMinibatchDeviation,
} from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { trainedShape, type Values, type Variables } from './synthesis';
import { activated, filtered } from './trainable-convolutions';

const FIR = [1 / 8, 3 / 8, 3 / 8, 1 / 8];
const { channels, resolution } = COMPACT_DISCRIMINATOR;
const top = channels.length - 1;

/** Shapes as trained. Beside the canonical ones: an input layer for each level below the last, used while it grows. */
export function trainedDiscriminatorShapes(): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  for (const [name, shape] of Object.entries(discriminatorShapes(COMPACT_DISCRIMINATOR))) {
    shapes[name] = trainedShape(name, shape);
  }
  for (let level = 0; level < top; level++) {
    const side = 4 * 2 ** level;
    shapes[`from_rgb.${side}.weight`] = [1, 1, 3, channels[level]];
    shapes[`from_rgb.${side}.bias`] = [channels[level]];
  }
  return shapes;
}

export function initialDiscriminator(random: Random): Values {
  return Object.fromEntries(
    Object.entries(trainedDiscriminatorShapes()).map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const zero = name.endsWith('bias');
      return [name, zero ? new Float32Array(size) : random.fork(name).normals(size)];
    }),
  );
}

/** Whether a parameter takes part when pictures of `side` are judged. */
export function judges(name: string, side: number): boolean {
  const input = /^from_rgb\.(\d+)\./.exec(name);
  if (input !== null) return Number(input[1]) === side;
  const block = /^convs\.(\d+)\./.exec(name);
  if (block === null) return true;
  if (block[1] === '0') return side === resolution;
  return resolution / 2 ** (Number(block[1]) - 1) <= side;
}

/** A discriminator of `side`, as shipped: a StyleGAN2 discriminator of that resolution. */
export function grownDiscriminator(side: number): StyleGAN2Architecture {
  return { resolution: side, channels: channels.slice(0, Math.log2(side) - 1) };
}

/** Parameter of the training that is `name` of {@link grownDiscriminator}. */
export function trainedDiscriminatorName(name: string, side: number): string {
  const convolution = /^convs\.(\d+)\.(.*)$/.exec(name);
  if (side === resolution || convolution === null) return name;
  const [, block, rest] = convolution;
  const skipped = Math.log2(resolution / side);
  if (block !== '0') return `convs.${Number(block) + skipped}.${rest}`;
  return `from_rgb.${side}.${rest === '0.weight' ? 'weight' : 'bias'}`;
}

/**
 * The discriminator on variables, for pictures of 8² to 256². Every picture is judged alone, as in use: the
 * minibatch statistic is the constant of a group of one.
 *
 * @param image `[N, side, side, 3]` in [−1, 1]
 * @returns logits `[N, 1]`
 */
export function trainableDiscriminator(variables: Variables, image: tf.Tensor4D): tf.Tensor2D {
  const v = (name: string) => variables[name] as unknown as tf.Tensor;
  const [n, side] = image.shape;
  const equalized = (name: string) => {
    const filter = v(name) as tf.Tensor4D;
    const [height, width, input] = filter.shape;
    return tf.mul(filter, 1 / Math.sqrt(height * width * input)) as tf.Tensor4D;
  };
  const layer = (x: tf.Tensor4D, weight: string, bias: string) =>
    activated(filtered(x, equalized(weight), 'same'), v(bias));
  let x =
    side === resolution
      ? layer(image, 'convs.0.0.weight', 'convs.0.1.bias')
      : layer(image, `from_rgb.${side}.weight`, `from_rgb.${side}.bias`);
  const blocks = Math.log2(side) - 2;
  for (let block = top - blocks + 1; block <= top; block++) {
    const name = `convs.${block}`;
    const inner = layer(x, `${name}.conv1.0.weight`, `${name}.conv1.1.bias`);
    const blurred = upfirdn2d(inner, FIR, { padding: 2 });
    const down = filtered(blurred, equalized(`${name}.conv2.1.weight`), 'down');
    const main = activated(down, v(`${name}.conv2.2.bias`));
    const small = upfirdn2d(x, FIR, { padding: 1, down: 2 });
    const skip = filtered(small, equalized(`${name}.skip.1.weight`), 'same');
    x = tf.mul(tf.add(main, skip), Math.SQRT1_2);
  }
  const last = layer(withMinibatchDeviation(x, 1), 'final_conv.0.weight', 'final_conv.1.bias');
  const flat = tf.reshape(tf.transpose(last, [0, 3, 1, 2]), [n, -1]) as tf.Tensor2D;
  const dense = (y: tf.Tensor2D, name: string) => {
    const weight = tf.mul(v(`${name}.weight`), 1 / Math.sqrt(y.shape[1])) as tf.Tensor2D;
    return tf.add(tf.matMul(y, weight, false, true), v(`${name}.bias`)) as tf.Tensor2D;
  };
  const hidden = dense(flat, 'final_linear.0');
  return dense(tf.leakyRelu(tf.mul(hidden, Math.SQRT2) as tf.Tensor2D, 0.2), 'final_linear.1');
}
