import * as tf from '@tensorflow/tfjs-core';
import type { Layer, NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

export interface InvertedResidual {
  readonly inputs: number;
  readonly outputs: number;
  /** Hidden channels per input channel. */
  readonly expansion: number;
}

/**
 * MobileNetV2's block in IndexNet's form, stride 1. The zeros around the map are added before the expansion,
 * not before the depthwise convolution: behind batch normalisation and ReLU6 they are no longer zero.
 */
export function invertedResidual(
  build: NetworkBuilder,
  name: string,
  { inputs, outputs, expansion }: InvertedResidual,
): (x: FeatureMap) => FeatureMap {
  const hidden = inputs * expansion;
  const layers: Layer[] = [];
  const expands = expansion !== 1;
  if (expands) {
    layers.push(
      build.convolution(`${name}.0`, {
        inputs,
        outputs: hidden,
        kernel: 1,
        padding: 1,
        norm: { name: `${name}.1` },
        activation: 'relu6',
      }),
    );
  }
  const index = expands ? 3 : 0;
  layers.push(
    build.depthwise(`${name}.${index}`, {
      channels: hidden,
      kernel: 3,
      padding: expands ? 0 : 1,
      norm: { name: `${name}.${index + 1}` },
      activation: 'relu6',
    }),
    build.convolution(`${name}.${index + 3}`, {
      inputs: hidden,
      outputs,
      kernel: 1,
      norm: { name: `${name}.${index + 4}` },
    }),
  );
  return (x) => {
    const y = layers.reduce((map, layer) => layer(map), x);
    return inputs === outputs ? tf.add(x, y) : y;
  };
}
