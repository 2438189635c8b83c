import * as tf from '@tensorflow/tfjs-core';
import type { StyleGAN2GeneratorArchitecture } from './architecture';
import { scaled, transposed } from './layouts';
import { LEAK } from './styled-convolution';

const LEARNING_RATE_MULTIPLIER = 0.01;

/**
 * The mapping network z → w: z / rms(z), then fully connected layers with leaky ReLU times √2. The stored values
 * are divided by the learning rate multiplier 0.01 of their training; runtime weight = stored · 0.01 / √in, runtime
 * bias = stored · 0.01.
 */
export class MappingNetwork {
  readonly #layers: { weight: tf.Tensor2D; bias: tf.Tensor1D }[] = [];

  constructor(
    values: Readonly<Record<string, Float32Array>>,
    { mappingLayers, styleSize, latentSize }: StyleGAN2GeneratorArchitecture,
  ) {
    for (let i = 1; i <= mappingLayers; i++) {
      const input = i === 1 ? latentSize : styleSize;
      const gain = LEARNING_RATE_MULTIPLIER * Math.SQRT2;
      const weight = transposed(
        values[`style.${i}.weight`],
        styleSize,
        input,
        gain / Math.sqrt(input),
      );
      this.#layers.push({
        weight: tf.tensor2d(weight, [input, styleSize]),
        bias: tf.tensor1d(scaled(values[`style.${i}.bias`], gain)),
      });
    }
  }

  /** `[N, latentSize]` → `[N, styleSize]`. */
  run(z: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const power = tf.mean(tf.square(z), 1, true);
      let w = tf.mul(z, tf.rsqrt(tf.add(power, 1e-8))) as tf.Tensor2D;
      for (const { weight, bias } of this.#layers) {
        w = tf.leakyRelu(tf.add(tf.matMul(w, weight), bias) as tf.Tensor2D, LEAK);
      }
      return w;
    });
  }

  dispose(): void {
    for (const layer of this.#layers.splice(0)) tf.dispose([layer.weight, layer.bias]);
  }
}
