import { adaptiveAveragePool, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Layer, NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { halfInstanceNormRelu } from './ib-norm';
import { mobilenetV2 } from './mobilenetv2';

/** Channels of the detail branch. */
const HR = 32;

/**
 * MODNet at inference (Ke et al., AAAI 2022): a low-resolution branch that sees what is where, a
 * high-resolution branch for detail, and their fusion. The auxiliary outputs of training are left out.
 *
 * @returns RGB in [−1, 1], sides multiples of 32 → alpha logits
 */
export function modnet(build: NetworkBuilder): (x: FeatureMap) => FeatureMap {
  const backbone = mobilenetV2(build, 'backbone.model.features.');
  const low = lowResolutionBranch(build);
  const high = highResolutionBranch(build);
  const fuse = fusionBranch(build);
  return (x) => {
    const { half, quarter, last } = backbone(x);
    const lr8x = low(last);
    return fuse(x, lr8x, high(x, half, quarter, lr8x));
  };
}

/** Convolution → IBNorm → ReLU. */
function block(
  build: NetworkBuilder,
  name: string,
  inputs: number | readonly number[],
  outputs: number,
  kernel: number,
  stride = 1,
): Layer {
  const plain = Math.floor(outputs / 2);
  const convolve = build.convolution(`${name}.layers.0`, {
    inputs,
    outputs,
    kernel,
    stride,
    bias: true,
    norm: { name: `${name}.layers.1.bnorm`, channels: plain },
    activation: (x) => halfInstanceNormRelu(x, plain),
  });
  return convolve;
}

function chain(
  build: NetworkBuilder,
  name: string,
  inputs: readonly number[],
  outputs: readonly number[],
): Layer {
  const [first, ...rest] = outputs.map((channels, i) =>
    block(build, `${name}.${i}`, i === 0 ? inputs : outputs[i - 1], channels, 3),
  );
  return (x) => rest.reduce((y, layer) => layer(y), first(x));
}

const double = (x: FeatureMap): FeatureMap => resize(x, [2 * x.shape[1], 2 * x.shape[2]]);
/** Bilinear by 1/factor with half-pixel centres. */
const shrink = (x: FeatureMap, factor: number): FeatureMap =>
  resize(x, [x.shape[1] / factor, x.shape[2] / factor]);

function lowResolutionBranch(build: NetworkBuilder): (last: FeatureMap) => FeatureMap {
  const dense = (
    index: number,
    inputs: number,
    outputs: number,
    activation: 'relu' | typeof tf.sigmoid,
  ) =>
    build.convolution(`lr_branch.se_block.fc.${index}`, {
      inputs,
      outputs,
      kernel: 1,
      linear: true,
      bias: false,
      activation,
    });
  const squeeze = dense(0, 1280, 320, 'relu');
  const excite = dense(2, 320, 1280, tf.sigmoid);
  const lr16x = block(build, 'lr_branch.conv_lr16x', 1280, 96, 5);
  const lr8x = block(build, 'lr_branch.conv_lr8x', 96, 32, 5);
  return (last) => {
    const weights = excite(squeeze(adaptiveAveragePool(last, [1, 1])));
    return lr8x(double(lr16x(double(tf.mul(last, weights)))));
  };
}

function highResolutionBranch(
  build: NetworkBuilder,
): (image: FeatureMap, half: FeatureMap, quarter: FeatureMap, lr8x: FeatureMap) => FeatureMap {
  const name = (part: string) => `hr_branch.${part}`;
  const toHalf = block(build, name('tohr_enc2x'), 16, HR, 1);
  const down = block(build, name('conv_enc2x'), [3, HR], HR, 3, 2);
  const toQuarter = block(build, name('tohr_enc4x'), 24, HR, 1);
  const join = block(build, name('conv_enc4x'), [HR, HR], 2 * HR, 3);
  const quarterChain = chain(build, name('conv_hr4x'), [2 * HR, HR, 3], [2 * HR, 2 * HR, HR]);
  const halfChain = chain(build, name('conv_hr2x'), [HR, HR], [2 * HR, HR, HR, HR]);
  return (image, half, quarter, lr8x) => {
    const detail = toHalf(half);
    const merged = join([down([shrink(image, 2), detail]), toQuarter(quarter)]);
    const hr4x = quarterChain([merged, double(lr8x), shrink(image, 4)]);
    return halfChain([double(hr4x), detail]);
  };
}

function fusionBranch(
  build: NetworkBuilder,
): (image: FeatureMap, lr8x: FeatureMap, hr2x: FeatureMap) => FeatureMap {
  const lr4x = block(build, 'f_branch.conv_lr4x', HR, HR, 5);
  const f2x = block(build, 'f_branch.conv_f2x', [HR, HR], HR, 3);
  const full = block(build, 'f_branch.conv_f.0', [HR, 3], HR / 2, 3);
  const last = build.convolution('f_branch.conv_f.1.layers.0', {
    inputs: HR / 2,
    outputs: 1,
    kernel: 1,
  });
  return (image, lr8x, hr2x) => {
    const merged = f2x([double(lr4x(double(lr8x))), hr2x]);
    return last(full([double(merged), image]));
  };
}
