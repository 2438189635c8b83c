import { adaptiveAveragePool, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Layer, NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { blockSum, indexBlock } from './index-block';
import { invertedResidual } from './inverted-residual';

/** Expansion, output channels and blocks of MobileNetV2's stages. */
const STAGES = [
  [1, 16, 1],
  [6, 24, 2],
  [6, 32, 3],
  [6, 64, 4],
  [6, 96, 3],
  [6, 160, 3],
  [6, 320, 1],
] as const;

/** Output channels of decoder layers 0 to 6. */
const DECODER = [32, 32, 16, 24, 32, 64, 96] as const;

/** Layers behind which a learned pool halves the map. */
const POOLED = [0, 2, 3, 4, 6];

/**
 * IndexNet in the released form: MobileNetV2 without strides, whose pools and unpools are learned index blocks.
 *
 * @returns (normalised RGB, trimap levels), sides multiples of 32 → alpha, unbounded
 */
export function indexNet(
  build: NetworkBuilder,
): (image: FeatureMap, trimap: FeatureMap) => FeatureMap {
  const scale = (build.shapeOf('layer0.0.weight')?.[0] ?? 32) / 32;
  const channels = [32, ...STAGES.map(([, outputs]) => outputs)].map((width) => width * scale);
  const stem = build.convolution('layer0.0', {
    inputs: [3, 1],
    outputs: channels[0],
    kernel: 3,
    norm: { name: 'layer0.1' },
    activation: 'relu6',
  });
  const stages = STAGES.map(([expansion, , blocks], i) =>
    Array.from({ length: blocks }, (_, block) =>
      invertedResidual(build, `layer${i + 1}.${block}.conv`, {
        inputs: channels[block === 0 ? i : i + 1],
        outputs: channels[i + 1],
        expansion,
      }),
    ),
  );
  const indices = channels.map((width, layer) =>
    POOLED.includes(layer) ? indexBlock(build, `index${layer}`, width) : undefined,
  );
  const pyramid = spatialPyramid(build, channels[7], 256 * scale, channels[6]);
  const decoder = DECODER.map((width, layer) =>
    build.convolution(`decoder_layer${layer}.dconv.0`, {
      inputs: [layer === 6 ? channels[6] : DECODER[layer + 1] * scale, channels[layer]],
      outputs: width * scale,
      kernel: 5,
      norm: { name: `decoder_layer${layer}.dconv.1` },
      activation: 'relu6',
    }),
  );
  const head = build.convolution('pred.0.0', {
    inputs: DECODER[0] * scale,
    outputs: 1,
    kernel: 5,
    norm: { name: 'pred.0.1' },
    activation: 'relu6',
  });
  const last = build.convolution('pred.1', { inputs: 1, outputs: 1, kernel: 5, bias: false });

  return (image, trimap) => {
    let y = stem([image, trimap]);
    const skips: { map: FeatureMap; decode?: FeatureMap }[] = [];
    for (let layer = 0; layer <= 6; layer++) {
      if (layer > 0) y = stages[layer - 1].reduce((map, block) => block(map), y);
      const learned = indices[layer]?.(y);
      if (learned === undefined) {
        skips.push({ map: y });
        continue;
      }
      const map = tf.mul<FeatureMap>(learned.encode, y);
      skips.push({ map, decode: learned.decode });
      y = blockSum(map);
    }
    y = pyramid(stages[6].reduce((map, block) => block(map), y));
    for (let layer = 6; layer >= 0; layer--) {
      const { map, decode } = skips[layer];
      if (decode) y = tf.mul(decode, resize(y, [map.shape[1], map.shape[2]], 'nearest'));
      y = decoder[layer]([y, map]);
    }
    return last(head(y));
  };
}

/** Atrous spatial pyramid pooling with depthwise separable convolutions. */
function spatialPyramid(
  build: NetworkBuilder,
  inputs: number,
  width: number,
  outputs: number,
): (x: FeatureMap) => FeatureMap {
  const point = (name: string, norm: string, from: number | number[], to: number): Layer =>
    build.convolution(`dconv_pp.${name}`, {
      inputs: from,
      outputs: to,
      kernel: 1,
      norm: { name: `dconv_pp.${norm}` },
      activation: 'relu6',
    });
  const first = point('aspp1.atrous_conv.0', 'aspp1.atrous_conv.1', inputs, width);
  const dilated = [2, 4, 8].map((dilation, i) => {
    const branch = `aspp${i + 2}.atrous_conv`;
    const spatial = build.depthwise(`dconv_pp.${branch}.0`, {
      channels: inputs,
      kernel: 3,
      dilation,
      norm: { name: `dconv_pp.${branch}.1` },
      activation: 'relu6',
    });
    const mix = point(`${branch}.3`, `${branch}.4`, inputs, width);
    return (x: FeatureMap) => mix(spatial(x));
  });
  const pooled = point('global_avg_pool.1', 'global_avg_pool.2', inputs, width);
  const merge = point('bottleneck_conv.0', 'bottleneck_conv.1', Array(5).fill(width), outputs);
  return (x) => {
    const size = [x.shape[1], x.shape[2]] as const;
    const average = resize(pooled(adaptiveAveragePool(x, [1, 1])), size, 'nearest');
    return merge([first(x), ...dilated.map((branch) => branch(x)), average]);
  };
}
