import type { PerceptualModel } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, NetworkBuilder, normalizeImage, stateDict } from '../layers';

/** The features that LPIPS compares. */
export interface Trunk {
  /** Normalised image → the features of each layer, as maps that stand for their concatenation. */
  readonly features: (x: tf.Tensor4D) => (readonly tf.Tensor4D[])[];
  /** Channels of each of these maps. */
  readonly channels: readonly (readonly number[])[];
}

/** One form of LPIPS. */
export interface LpipsForm {
  readonly name: string;
  readonly license: string;
  /** Shortest side, pixels. */
  readonly min: number;
  readonly trunk: (build: NetworkBuilder) => Trunk;
  /** True for tensors that the file of the trunk may have without LPIPS using them. */
  readonly ignore: (name: string) => boolean;
}

/** Keeps the norm of a pixel without features away from 0, where its root has no slope. */
const NORM_FLOOR = 1e-20;

/**
 * LPIPS, version 0.1 (Zhang et al., CVPR 2018; richzhang/PerceptualSimilarity): features of several layers of a
 * network for ImageNet, each pixel scaled to length 1 over its channels, squared differences weighted per channel,
 * averaged over the picture and summed over the layers:
 *
 *     d(a, b) = Σ_k  1/(h_k w_k) Σ_{y,x} Σ_c  λ_kc (â_kyxc − b̂_kyxc)²
 *
 * The published scaling of [−1, 1] images by (−.030, −.088, −.188) and (.458, .448, .450) is ImageNet's of
 * [0, 1] images.
 */
export abstract class Lpips extends FrozenNetwork implements PerceptualModel {
  readonly input: { readonly multipleOf: number; readonly min: number; readonly max: number };
  readonly #features: Trunk['features'];
  readonly #weights: readonly (() => tf.Tensor)[];

  /**
   * @param archives the trunk and the linear layers, in one file or in several
   * @throws WeightsError when they are not this form of LPIPS
   */
  constructor(
    archives: readonly WeightArchive[],
    { name, license, min, trunk, ignore }: LpipsForm,
  ) {
    const tensors = new Map(archives.flatMap((archive) => [...stateDict(archive).tensors]));
    const build = new NetworkBuilder({ tensors }, name, { ignore });
    const { features, channels } = trunk(build);
    const weights = channels.map((parts, k) => {
      const total = parts.reduce((a, b) => a + b, 0);
      return build.tensor(`lin${k}.model.1.weight`, [1, total, 1, 1]);
    });
    super(name, license, build.finish());
    this.input = { multipleOf: 1, min, max: 2048 };
    this.#features = features;
    this.#weights = weights;
  }

  /**
   * The features as one vector per picture, `[N, 1, 1, L]`, scaled so that the squared Euclidean distance of
   * two of them is {@link distance}: √(λ_kc / (h_k w_k)) â_kyxc. L depends on the size of the picture. Weights
   * λ below 0, of which the published file has none, count as 0.
   *
   * @param image RGB `[N, H, W, 3]` in [0, 1]
   */
  features(image: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const n = image.shape[0];
      const flat = this.#normalized(image).flatMap((maps, k) =>
        maps.map((map, i) => {
          const root = tf.sqrt(tf.relu(this.#part(k, maps, i)));
          const scale = tf.div(root, Math.sqrt(map.shape[1] * map.shape[2]));
          return tf.reshape(tf.mul(map, scale), [n, -1]) as tf.Tensor2D;
        }),
      );
      const joined = tf.concat(flat, 1);
      return tf.reshape(joined, [n, 1, 1, joined.shape[1]]) as tf.Tensor4D;
    });
  }

  /**
   * LPIPS of each pair of pictures; 0 for equal ones, up to about 1.
   *
   * @param a RGB `[N, H, W, 3]` in [0, 1]
   * @param b as `a`, or one picture for all of `a`
   * @returns `[N]`
   */
  distance(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D {
    return tf.tidy(() =>
      this.layerDistances(a, b).reduce((sum, layer) => tf.add(sum, layer)),
    ) as tf.Tensor1D;
  }

  /** The terms of {@link distance}, one per layer, each `[N]`, owned by the caller. */
  layerDistances(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D[] {
    return tf.tidy(() => {
      const [first, second] = [this.#normalized(a), this.#normalized(b)];
      return first.map((maps, k) => {
        const parts = maps.map((map, i) => {
          const weighted = tf.mul(tf.square(tf.sub(map, second[k][i])), this.#part(k, maps, i));
          return tf.mean(tf.sum(weighted, 3), [1, 2]);
        });
        return parts.reduce((x, y) => tf.add(x, y)) as tf.Tensor1D;
      });
    });
  }

  /** Unit-length features of every layer, as maps that stand for their concatenation. */
  #normalized(image: tf.Tensor4D): tf.Tensor4D[][] {
    return this.#features(normalizeImage(image)).map((maps) => {
      const squares = maps.map((map) => tf.sum(tf.square(map), 3, true));
      const total = squares.reduce((a, b) => tf.add(a, b));
      const scale = tf.reciprocal(tf.add(tf.sqrt(tf.add(total, NORM_FLOOR)), 1e-10));
      return maps.map((map) => tf.mul(map, scale) as tf.Tensor4D);
    });
  }

  /** The weights of layer k that belong to its map i, `[channels]`. */
  #part(k: number, maps: readonly tf.Tensor4D[], i: number): tf.Tensor1D {
    const from = maps.slice(0, i).reduce((sum, map) => sum + map.shape[3], 0);
    const all = tf.reshape(this.#weights[k](), [-1]) as tf.Tensor1D;
    return tf.slice(all, from, maps[i].shape[3]);
  }
}
