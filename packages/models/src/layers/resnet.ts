import { maxPool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from './feature-map';
import type { ConvolutionSpec, Layer, Maps } from './layer-specs';
import type { NetworkBuilder } from './network-builder';

/** Maps of a ResNet, fine to coarse. */
export interface ResnetFeatures {
  /** After the stem's ReLU, before its pool: 64 channels (`width`) at 1/2. */
  readonly stem: FeatureMap;
  /** Stages 1 to 4: 256, 512, 1024, 2048 channels; 1/4, 1/8, and 1/8 or coarser as `dilated` says. */
  readonly stages: readonly FeatureMap[];
}

/** A convolution without bias, its normalisation under the name `norm`, and the activation of `spec`. */
export type NormalizedConvolution = (
  name: string,
  norm: string,
  spec: ConvolutionSpec<number>,
) => Layer;

export interface ResnetForm {
  /** Blocks per stage: {@link RESNET50} or {@link RESNET101}. */
  readonly depths: readonly number[];
  /** For stages 2, 3 and 4: dilation instead of stride (`replace_stride_with_dilation`). */
  readonly dilated: readonly [boolean, boolean, boolean];
  /** Channels of the stem; the stages have 4, 8, 16 and 32 times as many. Default 64. */
  readonly width?: number;
  /** Channels of the input; a list for several maps. Default 3. */
  readonly inputs?: number | readonly number[];
  /** Default: batch normalisation, folded. */
  readonly unit?: NormalizedConvolution;
  /**
   * Multi-grid (Chen et al. 2017, section 3.3): what the dilation of the last stage is multiplied by in each of its
   * blocks. Default: as torchvision, 1, but the first block still has the dilation of the stage before.
   */
  readonly grid?: readonly number[];
}

/** Blocks per stage of ResNet-50. */
export const RESNET50 = [3, 4, 6, 3] as const;
/** Blocks per stage of ResNet-101. */
export const RESNET101 = [3, 4, 23, 3] as const;

/**
 * ResNet with bottlenecks (He et al. 2016) in torchvision's form: the stride of a block is on its 3×3 convolution.
 *
 * @param prefix of the keys, for instance `'backbone.'`
 * @returns normalised image → features
 */
export function resnet(
  build: NetworkBuilder,
  prefix: string,
  form: ResnetForm,
): (x: Maps) => ResnetFeatures {
  const { depths, dilated, width = 64, inputs: colors = 3, unit = batchNormalized(build) } = form;
  const stem = unit(`${prefix}conv1`, `${prefix}bn1`, {
    inputs: colors,
    outputs: width,
    kernel: 7,
    stride: 2,
    activation: 'relu',
  });
  let inputs = width;
  let dilation = 1;
  const stages = depths.map((depth, stage) => {
    const inner = width * 2 ** stage;
    const before = dilation;
    const grid = stage === depths.length - 1 ? form.grid : undefined;
    const replaced = stage > 0 && dilated[stage - 1];
    if (replaced) dilation *= 2;
    return Array.from({ length: depth }, (_, i) => {
      const first = i === 0;
      const block = bottleneck(unit, `${prefix}layer${stage + 1}.${i}`, {
        inputs,
        width: inner,
        stride: first && stage > 0 && !replaced ? 2 : 1,
        dilation: grid !== undefined ? dilation * (grid[i] ?? 1) : first ? before : dilation,
        project: first,
      });
      inputs = 4 * inner;
      return block;
    });
  });
  return (x) => {
    const first = stem(x);
    let y = maxPool(first, { size: 3, stride: 2, padding: 1 });
    const maps = stages.map((blocks) => {
      for (const block of blocks) y = block(y);
      return y;
    });
    return { stem: first, stages: maps };
  };
}

interface Bottleneck {
  readonly inputs: number;
  readonly width: number;
  readonly stride: number;
  readonly dilation: number;
  /** Whether the identity is replaced by a 1×1 convolution. */
  readonly project: boolean;
}

const batchNormalized =
  (build: NetworkBuilder): NormalizedConvolution =>
  (name, norm, spec) =>
    build.convolution(name, { ...spec, norm: { name: norm } });

/** 1×1 to `width`, 3×3, 1×1 to 4 · `width`, added to the input. */
function bottleneck(
  unit: NormalizedConvolution,
  name: string,
  shape: Bottleneck,
): (x: FeatureMap) => FeatureMap {
  const { inputs, width, stride, dilation, project } = shape;
  const convolution = (i: number, spec: ConvolutionSpec<number>) =>
    unit(`${name}.conv${i}`, `${name}.bn${i}`, spec);
  const reduce = convolution(1, { inputs, outputs: width, kernel: 1, activation: 'relu' });
  const mix = convolution(2, {
    inputs: width,
    outputs: width,
    kernel: 3,
    stride,
    dilation,
    activation: 'relu',
  });
  const expand = convolution(3, { inputs: width, outputs: 4 * width, kernel: 1 });
  const identity = project
    ? unit(`${name}.downsample.0`, `${name}.downsample.1`, {
        inputs,
        outputs: 4 * width,
        kernel: 1,
        stride,
      })
    : undefined;
  return (x) => tf.relu(tf.add<tf.Tensor4D>(expand(mix(reduce(x))), identity ? identity(x) : x));
}
