import { averagePool, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import type { RvmChannels } from './encoder';

/**
 * What RVM remembers of the frames before: hidden maps at 1/2, 1/4, 1/8 and 1/16 of its working size (`r1` to
 * `r4` of the published code).
 */
export type RvmState = readonly [r1: FeatureMap, r2: FeatureMap, r3: FeatureMap, r4: FeatureMap];

/** Output of the decoder: 16 channels at the working size, and the new state. */
interface Decoded {
  readonly hidden: FeatureMap;
  readonly state: RvmState;
}

/** The recurrent decoder. Joined maps stay apart: layers take lists. */
export function decoder(
  build: NetworkBuilder,
  { features, decoder: channels }: RvmChannels,
): (
  image: FeatureMap,
  skips: readonly FeatureMap[],
  coarse: FeatureMap[],
  state?: RvmState,
) => Decoded {
  const bottleneck = gru(build, 'decoder.decode4.gru', features[3] / 2);
  // From 1/8 to 1/2; each stage gives two halves, the second of them recurrent.
  const stages = [3, 2, 1].map((level, i) => {
    const above = i === 0 ? features[3] : channels[i - 1];
    const half = channels[i] / 2;
    const name = `decoder.decode${level}`;
    return {
      join: build.convolutions(`${name}.conv.0`, {
        inputs: [above / 2, above / 2, features[level - 1], 3],
        outputs: [half, half],
        kernel: 3,
        norm: { name: `${name}.conv.1` },
        activation: 'relu',
      }),
      remember: gru(build, `${name}.gru`, half),
    };
  });
  const last = channels[2] / 2;
  const output = [
    build.convolution('decoder.decode0.conv.0', {
      inputs: [last, last, 3],
      outputs: channels[3],
      kernel: 3,
      norm: { name: 'decoder.decode0.conv.1' },
      activation: 'relu',
    }),
    build.convolution('decoder.decode0.conv.3', {
      inputs: channels[3],
      outputs: channels[3],
      kernel: 3,
      norm: { name: 'decoder.decode0.conv.4' },
      activation: 'relu',
    }),
  ] as const;
  return (image, skips, coarse, state) => {
    const half = shrink(image);
    const quarter = shrink(half);
    const images = [half, quarter, shrink(quarter)];
    const memory: FeatureMap[] = [];
    const recur = ([kept, fresh]: FeatureMap[], unit: Gru, level: number): FeatureMap[] => {
      const next = unit(fresh, state?.[level - 1]);
      memory.unshift(next);
      return [kept, next];
    };
    let maps = recur(coarse, bottleneck, 4);
    stages.forEach(({ join, remember }, i) => {
      const level = 3 - i;
      const above = maps.map((map) => enlarge(map, images[level - 1]));
      maps = recur(join([...above, skips[level - 1], images[level - 1]]), remember, level);
    });
    const full = maps.map((map) => enlarge(map, image));
    const hidden = output[1](output[0]([...full, image]));
    return { hidden, state: memory as unknown as RvmState };
  };
}

const shrink = (x: FeatureMap): FeatureMap =>
  averagePool(x, { size: 2, stride: 2, ceilMode: true, countIncludePadding: false });

/** Bilinear ×2, cropped to the size of `like`, which is up to a pixel smaller. */
function enlarge(x: FeatureMap, like: FeatureMap): FeatureMap {
  const [n, height, width, channels] = x.shape;
  const [, wantedHeight, wantedWidth] = like.shape;
  const y = resize(x, [2 * height, 2 * width]);
  if (wantedHeight === 2 * height && wantedWidth === 2 * width) return y;
  return tf.slice(y, [0, 0, 0, 0], [n, wantedHeight, wantedWidth, channels]);
}

type Gru = (x: FeatureMap, h: FeatureMap | undefined) => FeatureMap;

/**
 * Convolutional GRU: r, z = σ(conv(x, h)), c = tanh(conv(x, r·h)), h′ = (1 − z)·h + z·c. No state means zeros:
 * then h′ = z·c, and r has no part in it.
 */
function gru(build: NetworkBuilder, name: string, channels: number): Gru {
  const gates = build.convolutions(`${name}.ih.0`, {
    inputs: [channels, channels],
    outputs: [channels, channels],
    kernel: 3,
    activation: tf.sigmoid,
  });
  const candidate = build.convolution(`${name}.hh.0`, {
    inputs: [channels, channels],
    outputs: channels,
    kernel: 3,
    activation: tf.tanh,
  });
  return (x, h) => {
    if (h === undefined) {
      const [, z] = gates([x, undefined]);
      return tf.mul<FeatureMap>(z, candidate([x, undefined]));
    }
    const [r, z] = gates([x, h]);
    const c = candidate([x, tf.mul<FeatureMap>(r, h)]);
    return tf.add<FeatureMap>(h, tf.mul<FeatureMap>(z, tf.sub<FeatureMap>(c, h)));
  };
}
