import { type LatentCode, type LatentEncoder, SPEC_VERSION } from '@latent-matte/core';
import { assignWeights, type WeightArchive } from '@latent-matte/core/checkpoints';
import { convolution, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { refuseAfterDispose } from '../layers/refuse-after-dispose';
import { layerCount, noiseSide } from '../stylegan2/architecture';
import { scaled } from '../stylegan2/layouts';
import { LEAK } from '../stylegan2/styled-convolution';
import { COMPACT_STYLEGAN2 } from './architecture';
import { BASE_SIDE, ENCODER_CHANNELS, ENCODER_SIDE, encoderShapes } from './encoder-shapes';

interface Convolution {
  readonly filter: tf.Tensor4D;
  readonly bias: tf.Tensor1D;
}

interface Dense {
  readonly weight: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

/** Zeros of TensorFlow's `same` at stride 2 on even sides. */
const BELOW_AND_RIGHT = [0, 1, 0, 1] as const;

/**
 * The encoder of the embedded generator: a portrait → its W+ code in one pass,
 *
 *     w_i = A x₃₂ + a + h_i(x₁₂₈)
 *
 * with x₃₂ and x₁₂₈ the portrait at 32² and 128², A the principal components of the faces it was trained on, and h
 * five convolutions of stride 2 and two dense layers. It knows no noise: the maps it gives are zero, which is the
 * mean of what the generator was trained with.
 */
export class CompactEncoder implements LatentEncoder {
  readonly specVersion = SPEC_VERSION;
  readonly name: string;
  readonly license: string;
  /** Values in all weights. */
  readonly parameterCount: number;
  readonly #base: Dense;
  readonly #convolutions: readonly Convolution[];
  readonly #hidden: Dense;
  readonly #offsets: Dense;

  /** @throws WeightsError naming every missing, unexpected, misshapen or non-finite tensor */
  constructor(archive: WeightArchive, { name, license }: { name: string; license: string }) {
    const { resolution, styleSize } = COMPACT_STYLEGAN2;
    const shapes = encoderShapes(layerCount(resolution), styleSize);
    const values = assignWeights(archive, shapes, name);
    this.name = name;
    this.license = license;
    this.parameterCount = Object.values(values).reduce((sum, { length }) => sum + length, 0);
    const dense = (layer: string, gain: number): Dense => {
      const [inputs, outputs] = shapes[`${layer}.weight`];
      return {
        weight: tf.tensor2d(scaled(values[`${layer}.weight`], gain), [inputs, outputs]),
        bias: tf.tensor1d(scaled(values[`${layer}.bias`], layer === 'dense.0' ? Math.SQRT2 : 1)),
      };
    };
    // Every constant gain is folded in: 1/√fan-in of the equalised weights, √2 of the activations.
    this.#base = dense('base', 1);
    this.#hidden = dense('dense.0', Math.SQRT2 / Math.sqrt(shapes['dense.0.weight'][0]));
    this.#offsets = dense('dense.1', 1 / Math.sqrt(shapes['dense.1.weight'][0]));
    this.#convolutions = ENCODER_CHANNELS.map((_, i) => {
      const shape = shapes[`convs.${i}.weight`] as [number, number, number, number];
      const gain = Math.SQRT2 / Math.sqrt(9 * shape[2]);
      const filter = tf.tensor4d(scaled(values[`convs.${i}.weight`], gain), shape);
      const bias = tf.tensor1d(scaled(values[`convs.${i}.bias`], Math.SQRT2));
      return { filter, bias };
    });
  }

  /**
   * @param image RGB `[N, H, W, 3]` in [0, 1], of any size; best: framed as the faces of FFHQ
   * @returns `styles` `[N, 14, 256]`, and noise maps of zeros that the whole batch shares
   */
  encode(image: tf.Tensor4D): LatentCode {
    const styles = tf.tidy(() => {
      const [n] = image.shape;
      const signed = (side: number) =>
        tf.sub(tf.mul(resize(image, [side, side], 'area'), 2), 1) as tf.Tensor4D;
      const small = tf.reshape(signed(BASE_SIDE), [n, -1]) as tf.Tensor2D;
      let x = signed(ENCODER_SIDE);
      for (const weights of this.#convolutions) {
        const y = convolution(x, weights, { stride: 2, padding: BELOW_AND_RIGHT });
        x = tf.leakyRelu(y, LEAK);
      }
      const flat = tf.reshape(x, [n, -1]) as tf.Tensor2D;
      const hidden = tf.leakyRelu(apply(flat, this.#hidden), LEAK);
      const { resolution, styleSize } = COMPACT_STYLEGAN2;
      const offsets = tf.reshape(apply(hidden, this.#offsets), [
        n,
        layerCount(resolution),
        styleSize,
      ]);
      return tf.add(tf.expandDims(apply(small, this.#base), 1), offsets) as tf.Tensor3D;
    });
    const maps = layerCount(COMPACT_STYLEGAN2.resolution) - 1;
    const noise = Array.from({ length: maps }, (_, i) => {
      const side = noiseSide(i);
      return tf.zeros([1, side, side, 1]) as tf.Tensor4D;
    });
    return { styles, noise };
  }

  /** Frees the weights. */
  dispose(): void {
    for (const { weight, bias } of [this.#base, this.#hidden, this.#offsets]) {
      tf.dispose([weight, bias]);
    }
    for (const { filter, bias } of this.#convolutions) tf.dispose([filter, bias]);
    refuseAfterDispose(this);
  }
}

const apply = (x: tf.Tensor2D, { weight, bias }: Dense): tf.Tensor2D =>
  tf.add(tf.matMul(x, weight), bias);
