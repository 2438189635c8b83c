import { sumOfMaps, sumsInOne } from '@latent-matte/core/internal';
import {
  adjointDepthwiseFilter,
  adjointFilter,
  type Borders,
  type ConvolutionWeights,
  convolution,
  depthwiseConvolution,
  subpixelFilter,
  type TransposedConvolutionWeights,
  transposedConvolution,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { forwardScope } from './forward-scope';
import type {
  Activation,
  BorderPair,
  ConvolutionSpec,
  DepthwiseSpec,
  LayerSpec,
  Maps,
  TransposedSpec,
} from './layer-specs';
import { activate, assertChannels, listOf } from './maps';
import { depthwiseOrders } from './weight-layout';
import type { Values, WeightPlan } from './weight-plan';

/** Keeps a tensor until the network is disposed; `counted` = false for copies that only gradients need. */
export type Keep = <T extends tf.Tensor>(tensor: T, counted?: boolean) => T;

/** A layer whose tensors are made by `upload`. */
export interface Prepared<Parts> {
  readonly parts: Parts[];
  upload(values: Values, keep: Keep): void;
}

/** Per output map, per input map. */
export type ConvolutionParts = readonly ConvolutionWeights[];

type SplitSpec = ConvolutionSpec<readonly number[]>;
type Shape4 = [number, number, number, number];

const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
const inputsOf = ({ inputs }: SplitSpec) => (typeof inputs === 'number' ? [inputs] : inputs);

export function prepareConvolution(
  name: string,
  spec: SplitSpec,
  plan: WeightPlan,
): Prepared<ConvolutionParts> {
  const inputs = inputsOf(spec);
  const shape: Shape4 = [sum(spec.outputs), sum(inputs), ...kernelOf(spec)];
  const read = plan.layer(name, spec.linear ? shape.slice(0, 2) : shape, 0, spec);
  const { stride = 1, dilation = 1 } = spec;
  const [top, , left] = paddingOf(spec);
  const parts: ConvolutionParts[] = [];
  return {
    parts,
    upload(values, keep) {
      const { data, bias } = read(values);
      const filter: tf.Tensor4D = tf.transpose(tf.tensor4d(data, shape), [2, 3, 1, 0]);
      let from = 0;
      for (const [i, output] of split(filter, spec.outputs, 3).entries()) {
        const ownBias = bias?.subarray(from, from + spec.outputs[i]);
        from += spec.outputs[i];
        parts.push(
          split(output, inputs, 2).map((part, k) => ({
            filter: keep(part),
            adjoint: keep(
              stride > 1 && dilation === 1
                ? subpixelFilter(part, stride, [top, top, left, left])
                : adjointFilter(part),
              false,
            ),
            ...(k === 0 && ownBias && { bias: keep(tf.tensor1d(ownBias)) }),
          })),
        );
      }
    },
  };
}

const places = ({ size, shape }: tf.Tensor4D): number => size / shape[3];

/** Maps that one shader reads at most: the WebGPU of every device has eight buffers, one for the result. */
const MOST_SUMMED = 7;

/** conv(concat(a, b)) = conv_a(a) + conv_b(b), for each output map. */
export function applyConvolution(
  name: string,
  spec: SplitSpec,
  parts: readonly ConvolutionParts[],
  x: Maps,
): tf.Tensor4D[] {
  const { stride = 1, dilation = 1, activation = 'linear' } = spec;
  const maps = listOf(x);
  assertChannels(name, maps, inputsOf(spec));
  const options = { stride, dilation, padding: paddingOf(spec) };
  return parts.map((weights) => {
    // The bias belongs to the first map, whichever that is.
    const present = weights.flatMap((part, k) => {
      const map = maps[k];
      return map === undefined ? [] : [{ map, part }];
    });
    const fused = present.length === 1 ? fusable(activation) : undefined;
    const term = (i: number) => {
      const { map, part } = present[i];
      const own = i === 0 ? { ...part, bias: weights[0].bias } : part;
      return convolution(map, own, { ...options, activation: fused ?? 'linear' });
    };
    const several = present.length > 1 && present.length <= MOST_SUMMED;
    // A map of one pixel is added everywhere.
    const alike = present.every(({ map }) => places(map) === places(present[0].map));
    if (several && alike && sumsInOne()) {
      const maps = present.map((_, i) => term(i));
      const own = fusable(activation);
      const sum = sumOfMaps(maps, own ?? 'linear');
      return own ? sum : activate(sum, activation);
    }
    let total = term(0);
    for (let i = 1; i < present.length; i++) {
      const before = total;
      total = forwardScope(() => tf.add<tf.Tensor4D>(before, term(i)));
    }
    return fused ? total : activate(total, activation);
  });
}

export function prepareDepthwise(
  name: string,
  spec: DepthwiseSpec,
  plan: WeightPlan,
): Prepared<ConvolutionWeights> {
  const shape: Shape4 = [spec.channels, 1, ...kernelOf(spec)];
  const read = plan.layer(name, shape, 0, spec, depthwiseOrders);
  const parts: ConvolutionWeights[] = [];
  return {
    parts,
    upload(values, keep) {
      const { data, bias } = read(values);
      const filter = keep(tf.transpose(tf.tensor4d(data, shape), [2, 3, 0, 1]));
      parts.push({
        filter,
        adjoint: keep(adjointDepthwiseFilter(filter), false),
        ...(bias && { bias: keep(tf.tensor1d(bias)) }),
      });
    },
  };
}

export function applyDepthwise(
  name: string,
  spec: DepthwiseSpec,
  weights: ConvolutionWeights,
  x: Maps,
): tf.Tensor4D {
  const maps = listOf(x);
  assertChannels(name, maps, [spec.channels]);
  const { stride = 1, dilation = 1, activation = 'linear' } = spec;
  const fused = fusable(activation);
  const options = { stride, dilation, padding: paddingOf(spec) };
  const y = depthwiseConvolution(maps[0] as tf.Tensor4D, weights, {
    ...options,
    activation: fused ?? 'linear',
  });
  return fused ? y : activate(y, activation);
}

/** What a convolution does in the same pass. */
const fusable = (activation: Activation) =>
  activation === 'relu' || activation === 'relu6' ? activation : undefined;

export function prepareTransposed(
  name: string,
  spec: TransposedSpec,
  plan: WeightPlan,
): Prepared<TransposedConvolutionWeights> {
  const shape: Shape4 = [spec.inputs, spec.outputs, ...kernelOf(spec)];
  const read = plan.layer(name, shape, 1, spec);
  const { stride = 1, padding = 0 } = spec;
  const parts: TransposedConvolutionWeights[] = [];
  return {
    parts,
    upload(values, keep) {
      const { data, bias } = read(values);
      const filter = keep(tf.transpose(tf.tensor4d(data, shape), [2, 3, 1, 0]));
      const borders = [padding, padding, padding, padding] as const;
      parts.push({
        filter,
        prepared: keep(
          stride > 1 ? subpixelFilter(filter, stride, borders) : adjointFilter(filter),
          false,
        ),
        ...(bias && { bias: keep(tf.tensor1d(bias)) }),
      });
    },
  };
}

export function applyTransposed(
  name: string,
  spec: TransposedSpec,
  weights: TransposedConvolutionWeights,
  x: Maps,
): tf.Tensor4D {
  const maps = listOf(x);
  assertChannels(name, maps, [spec.inputs]);
  const { stride = 1, padding = 0, outputPadding = 0, activation = 'linear' } = spec;
  const options = { stride, padding, outputPadding };
  return activate(transposedConvolution(maps[0] as tf.Tensor4D, weights, options), activation);
}

function split(x: tf.Tensor4D, sizes: readonly number[], axis: 2 | 3): tf.Tensor4D[] {
  return tf.split(x, [...sizes], axis);
}

export function kernelOf({ kernel }: LayerSpec): [number, number] {
  return typeof kernel === 'number' ? [kernel, kernel] : [...kernel];
}

type Padded = LayerSpec & {
  readonly dilation?: number;
  readonly padding?: number | BorderPair;
};

export function paddingOf({ padding, dilation = 1, ...spec }: Padded): Borders {
  if (typeof padding === 'number') return [padding, padding, padding, padding];
  if (padding !== undefined) return [padding[0], padding[1], padding[0], padding[1]];
  const [y, x] = kernelOf(spec).map((side) => (dilation * (side - 1)) / 2);
  return [y, y, x, x];
}
