import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Activation, elu, type Layer, type Maps, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** A layer of Yu et al.: channels in widths of the first one. */
export interface InpaintingLayer {
  readonly channels: number;
  /** Default 3. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default 1. */
  readonly dilation?: number;
  /** Default ELU, as published. */
  readonly activation?: Activation;
}

/** Dilations at 1/4, which gather from far away. */
export const DILATIONS: readonly InpaintingLayer[] = [2, 4, 8, 16].map((dilation) => ({
  channels: 4,
  dilation,
}));

/** Layers one after the other, named `name.0`, `name.1` …; the last one's channels are `outputs`. */
export interface InpaintingLayers {
  (x: Maps): FeatureMap;
  readonly outputs: number;
}

const channelsOf = (factor: number, width: number): number => Math.max(2, factor * width);

/**
 * @param inputs channels of each map that the first layer is given
 * @param width channels that `channels: 1` stands for
 */
export function inpaintingLayers(
  build: NetworkBuilder,
  name: string,
  inputs: readonly number[],
  width: number,
  specs: readonly InpaintingLayer[],
): InpaintingLayers {
  let before: number | readonly number[] = inputs;
  const layers = specs.map(
    ({ channels, kernel = 3, stride = 1, dilation = 1, activation = elu }, i) => {
      const outputs = channelsOf(channels, width);
      const layer: Layer = build.convolution(`${name}.${i}`, {
        ...{ inputs: before, outputs, kernel, stride, dilation, activation },
      });
      before = outputs;
      return layer;
    },
  );
  const run = (x: Maps) => layers.reduce<Maps>((y, layer) => layer(y), x) as FeatureMap;
  return Object.assign(run, { outputs: channelsOf(specs[specs.length - 1]!.channels, width) });
}

/**
 * From 1/4 to colours at the size of the picture: two layers at 1/2, two at 1, and the colours, each size twice the one
 * before it.
 *
 * @returns `[N, h, w, inputs]` → `[N, 4h, 4w, 3]` in (0, 1)
 */
export function colors(
  build: NetworkBuilder,
  name: string,
  inputs: number,
  width: number,
): (x: FeatureMap) => FeatureMap {
  const half = inpaintingLayers(build, `${name}.half`, [inputs], width, [
    { channels: 2 },
    { channels: 2 },
  ]);
  const whole = inpaintingLayers(build, `${name}.whole`, [half.outputs], width, [
    { channels: 1 },
    { channels: 0.5 },
  ]);
  const last = build.convolution(`${name}.last`, { inputs: whole.outputs, outputs: 3, kernel: 3 });
  const doubled = (x: FeatureMap) => resize(x, [2 * x.shape[1], 2 * x.shape[2]], 'nearest');
  return (x) => tf.sigmoid(last(whole(doubled(half(doubled(x))))));
}
