import * as tf from '@tensorflow/tfjs-core';
import type { Layer, NetworkBuilder } from '../layers';

/** Bottlenecks per resolution, and how much wider than the first they are. */
const STAGES = [
  { units: 3, factor: 1 },
  { units: 4, factor: 2 },
  { units: 14, factor: 4 },
  { units: 3, factor: 8 },
] as const;

const SQUEEZE = 16;

/** Maps at an eighth… of the input: the last of the second, third and fourth stage. */
export type IrSe50Features = readonly [
  eighth: tf.Tensor4D,
  sixteenth: tf.Tensor4D,
  last: tf.Tensor4D,
];

/**
 * IR-SE50 (ArcFace's ResNet-50 with squeeze and excitation; TreB1eN/InsightFace_Pytorch), as e4e and pSp use it:
 * taps after the bottlenecks 6, 20 and 23, at 1/4, 1/8 and 1/16 of the input.
 *
 * @param width channels of the first stage, 64 in the published network
 */
export function irSe50(
  build: NetworkBuilder,
  prefix: string,
  width: number,
): (x: tf.Tensor4D) => IrSe50Features {
  const stem = build.convolution(`${prefix}input_layer.0`, {
    inputs: 3,
    outputs: width,
    kernel: 3,
    bias: false,
    norm: { name: `${prefix}input_layer.1` },
  });
  const stemActivation = prelu(build, `${prefix}input_layer.2.weight`, width);
  let index = 0;
  let inputs = width;
  const stages = STAGES.map(({ units, factor }) => {
    const outputs = width * factor;
    return Array.from({ length: units }, (_, unit) => {
      const block = bottleneck(
        build,
        `${prefix}body.${index++}.`,
        inputs,
        outputs,
        unit === 0 ? 2 : 1,
      );
      inputs = outputs;
      return block;
    });
  });
  return (x) => {
    let y = stemActivation(stem(x));
    const [, ...taps] = stages.map((blocks) => {
      for (const block of blocks) y = block(y);
      return y;
    });
    return taps as unknown as IrSe50Features;
  };
}

/** x + SE(BN(conv(PReLU(conv(BN(x)))))), the second convolution and the shortcut with the stride. */
function bottleneck(
  build: NetworkBuilder,
  prefix: string,
  inputs: number,
  outputs: number,
  stride: number,
): Layer {
  const shortcut =
    inputs === outputs
      ? undefined
      : build.convolution(`${prefix}shortcut_layer.0`, {
          inputs,
          outputs,
          kernel: 1,
          stride,
          bias: false,
          norm: { name: `${prefix}shortcut_layer.1` },
        });
  // In front of a padded convolution, so it cannot be folded into it.
  const norm = build.norm(`${prefix}res_layer.0`, inputs);
  const first = build.convolution(`${prefix}res_layer.1`, {
    inputs,
    outputs,
    kernel: 3,
    bias: false,
  });
  const activation = prelu(build, `${prefix}res_layer.2.weight`, outputs);
  const second = build.convolution(`${prefix}res_layer.3`, {
    inputs: outputs,
    outputs,
    kernel: 3,
    stride,
    bias: false,
    norm: { name: `${prefix}res_layer.4` },
  });
  const squeezed = Math.max(1, Math.floor(outputs / SQUEEZE));
  const reduce = build.convolution(`${prefix}res_layer.5.fc1`, {
    inputs: outputs,
    outputs: squeezed,
    kernel: 1,
    bias: false,
    activation: 'relu',
  });
  const expand = build.convolution(`${prefix}res_layer.5.fc2`, {
    inputs: squeezed,
    outputs,
    kernel: 1,
    bias: false,
  });
  return (maps) =>
    tf.tidy(() => {
      const x = maps as tf.Tensor4D;
      const residual = second(activation(first(norm(x))));
      const gate = tf.sigmoid(expand(reduce(tf.mean(residual, [1, 2], true) as tf.Tensor4D)));
      // Max-pooling of size 1: every stride-th pixel.
      const kept = shortcut?.(x) ?? (stride === 1 ? x : tf.maxPool(x, 1, stride, 'valid'));
      return tf.add(tf.mul(residual, gate), kept) as tf.Tensor4D;
    });
}

/** max(x, 0) + a · min(x, 0), a per channel. */
function prelu(build: NetworkBuilder, key: string, channels: number): Layer {
  const slope = build.tensor(key, [channels]);
  return (x) => tf.prelu(x as tf.Tensor4D, slope()) as tf.Tensor4D;
}
