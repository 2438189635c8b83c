import { readFile } from 'node:fs/promises';
import { parseSafetensors, toFloat32 } from '@latent-matte/core/checkpoints';
import { convolution, maxPool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';

/** Squeeze and expand channels of the Fire modules 2 to 9 of SqueezeNet 1.0; pools stand before 2, 5 and 9. */
const FIRES = [2, 3, 4, 5, 6, 7, 8, 9];
const POOLED = new Set([2, 5, 9]);
const MEAN = [104, 117, 123];

type Filters = { filter: tf.Tensor4D; bias: tf.Tensor1D };

/**
 * SqueezeNet 1.0 (Iandola et al., arXiv 1602.07360) as a perceptual distance and as the feature space of the Fréchet
 * distance. A tool of training and measuring; it is not part of the package.
 */
export class FeatureNetwork {
  readonly #layers = new Map<string, Filters>();

  /** @param file safetensors, filters `[out, in, kh, kw]`, for BGR pictures from 0 to 255 minus the mean */
  static async load(file: string): Promise<FeatureNetwork> {
    return new FeatureNetwork(new Uint8Array(await readFile(file)));
  }

  private constructor(bytes: Uint8Array) {
    const { tensors } = parseSafetensors(bytes);
    for (const [name, tensor] of tensors) {
      if (!name.endsWith('.w')) continue;
      const layer = name.slice(0, -2);
      const bias = tensors.get(`${layer}.b`);
      if (bias === undefined) throw new Error(`No bias of ${layer}`);
      const shape = tensor.shape as [number, number, number, number];
      const filter = tf.tidy(() =>
        tf.transpose(tf.tensor4d(toFloat32(tensor, name), shape), [2, 3, 1, 0]),
      );
      this.#layers.set(layer, { filter, bias: tf.tensor1d(toFloat32(bias, name)) });
    }
  }

  /**
   * @param image `[N, H, W, 3]`, RGB in [−1, 1], at least 32 pixels
   * @returns maps after the first convolution and each Fire module
   */
  features(image: tf.Tensor4D): tf.Tensor4D[] {
    const centered = tf.sub(tf.mul(tf.add(tf.reverse(image, 3), 1), 127.5), MEAN) as tf.Tensor4D;
    let x = this.#run('conv1', centered, { stride: 2, padding: 0 });
    const maps = [x];
    for (const index of FIRES) {
      if (POOLED.has(index)) x = maxPool(x, { size: 3, stride: 2, ceilMode: true });
      const squeezed = this.#run(`fire${index}/squeeze1x1`, x);
      x = tf.concat(
        [
          this.#run(`fire${index}/expand1x1`, squeezed),
          this.#run(`fire${index}/expand3x3`, squeezed),
        ],
        3,
      );
      maps.push(x);
    }
    return maps;
  }

  /** Mean over maps of the squared distance of normalised features: LPIPS without learned weights. `[N]`. */
  distance(image: tf.Tensor4D, target: tf.Tensor4D): tf.Tensor1D {
    const wanted = this.features(target);
    const parts = this.features(image).map((map, i) => {
      const difference = tf.squaredDifference(unit(map), unit(wanted[i]));
      return tf.mean(tf.sum(difference, 3), [1, 2]);
    });
    return tf.div(tf.addN(parts), parts.length);
  }

  #run(name: string, x: tf.Tensor4D, options: { stride?: number; padding?: number } = {}) {
    const weights = this.#layers.get(name);
    if (weights === undefined) throw new Error(`No layer ${name}`);
    return convolution(x, weights, { ...options, activation: 'relu' });
  }

  dispose(): void {
    for (const { filter, bias } of this.#layers.values()) tf.dispose([filter, bias]);
  }
}

function unit(map: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(map, tf.rsqrt(tf.add(tf.sum(tf.square(map), 3, true), 1e-6)));
}
