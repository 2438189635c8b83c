import type { LatentCode, LatentEncoder } from '@latent-matte/core';
import type { Checkpoint, WeightArchive } from '@latent-matte/core/checkpoints';
import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, type Layer, leakyRelu, NetworkBuilder, withoutPrefix } from '../layers';
import { type IrSe50Features, irSe50 } from './ir-se50';

/** Side at which the encoder looks. */
const SIDE = 256;
const LAYERS_AT_1024 = 18;
/** First style that is read from the middle, and from the fine features. */
const MIDDLE = 3;
const FINE = 7;
/** Slope of PyTorch's LeakyReLU, its default. */
const SLOPE = 0.01;

/**
 * e4e (Tov et al., "Designing an Encoder for StyleGAN Image Manipulation", SIGGRAPH 2021;
 * omertov/encoder4editing): the W+ code of an aligned face in one pass.
 *
 *     w_0 = h_0(c₃) + w̄,   w_i = w_0 + h_i(p)   with p = c₃ (i < 3), p₂ = up(c₃) + l₁(c₂), p₁ = up(p₂) + l₂(c₁)
 *
 * c₁, c₂, c₃ are maps of an IR-SE50 at 64², 32² and 16². It knows no noise: inversion goes on from the
 * generator's own.
 */
export class E4e extends FrozenNetwork implements LatentEncoder {
  readonly #backbone: (x: tf.Tensor4D) => IrSe50Features;
  readonly #lateral: readonly [Layer, Layer];
  readonly #heads: readonly Layer[];
  readonly #mean: () => tf.Tensor;

  /** @throws WeightsError when the archive is not an e4e */
  constructor(archive: WeightArchive) {
    const build = new NetworkBuilder(encoderOf(archive), 'e4e', {
      ignore: (name) => !/^(encoder\.|latent_avg$)/.test(name),
    });
    const width = build.shapeOf('encoder.input_layer.0.weight')?.[0] ?? 64;
    const dim = build.shapeOf('encoder.styles.0.linear.weight')?.[0] ?? 512;
    let layers = 0;
    while (build.shapeOf(`encoder.styles.${layers}.linear.weight`) !== undefined) layers++;
    if (layers === 0) layers = LAYERS_AT_1024;
    const features = 8 * width;
    const backbone = irSe50(build, 'encoder.', width);
    const lateral = (name: string, inputs: number) =>
      build.convolution(`encoder.${name}`, { inputs, outputs: features, kernel: 1 });
    const laterals = [lateral('latlayer1', 4 * width), lateral('latlayer2', 2 * width)] as const;
    const heads = Array.from({ length: layers }, (_, i) => {
      const side = SIDE / (i < MIDDLE ? 16 : i < FINE ? 8 : 4);
      return styleHead(build, `encoder.styles.${i}.`, features, dim, Math.log2(side));
    });
    // One row for all layers, or one each; with or without the dimension.
    const meanShape = build.shapeOf('latent_avg') ?? [dim];
    const rows = meanShape.length === 1 ? [dim] : [meanShape[0] === 1 ? 1 : layers, dim];
    const mean = build.tensor('latent_avg', rows);
    super('e4e', 'MIT (omertov/encoder4editing); trained on FFHQ, CC-BY-NC-SA-4.0', build.finish());
    this.#backbone = backbone;
    this.#lateral = laterals;
    this.#heads = heads;
    this.#mean = mean;
  }

  /**
   * @param image RGB `[1, H, W, 3]` in [0, 1], a face aligned as in FFHQ
   * @returns `styles` `[1, layers, dim]`, no noise
   */
  encode(image: tf.Tensor4D): LatentCode {
    const styles = tf.tidy(() => {
      const small = resize(image, [SIDE, SIDE], 'area');
      const [c1, c2, c3] = this.#backbone(tf.sub(tf.mul(small, 2), 1) as tf.Tensor4D);
      const [first, second] = this.#lateral;
      const p2 = enlargeAndAdd(c3, first(c2));
      const p1 = enlargeAndAdd(p2, second(c1));
      const rows = this.#heads.map((head, i) => head(i < MIDDLE ? c3 : i < FINE ? p2 : p1));
      const [main] = rows as [tf.Tensor4D];
      const all = rows.map((row, i) => (i === 0 ? row : tf.add(main, row)));
      // [1, 1, 1, dim] each → [1, layers, dim]
      const stacked = tf.concat(
        all.map((row) => tf.reshape(row, [1, 1, -1])),
        1,
      );
      return tf.add(stacked, this.#mean());
    }) as tf.Tensor3D;
    return { styles, noise: [] };
  }
}

/** The encoder's tensors of a training checkpoint, with the mean latent beside them. */
function encoderOf(archive: WeightArchive): WeightArchive {
  const inner = withoutPrefix(archive, 'state_dict/', { only: true });
  const mean = archive.tensors.get('latent_avg');
  return mean === undefined
    ? inner
    : { tensors: new Map([...inner.tensors, ['latent_avg', mean]]) };
}

/** Halving convolutions down to one pixel, then an equalised linear layer: `[1, 1, 1, dim]`. */
function styleHead(
  build: NetworkBuilder,
  prefix: string,
  features: number,
  dim: number,
  halvings: number,
): Layer {
  const convolutions = Array.from({ length: halvings }, (_, i) =>
    build.convolution(`${prefix}convs.${2 * i}`, {
      inputs: i === 0 ? features : dim,
      outputs: dim,
      kernel: 3,
      stride: 2,
      padding: 1,
      activation: leakyRelu(SLOPE),
    }),
  );
  const linear = build.convolution(`${prefix}linear`, {
    inputs: dim,
    outputs: dim,
    kernel: 1,
    linear: true,
  });
  return (x) => {
    const pixel = convolutions.reduce<tf.Tensor4D>((y, layer) => layer(y), x as tf.Tensor4D);
    // The stored weight is divided by √dim at run time.
    return linear(tf.mul(pixel, 1 / Math.sqrt(dim)) as tf.Tensor4D);
  };
}

/** F.interpolate(x, size of y, bilinear, align_corners) + y. */
const enlargeAndAdd = (x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor4D =>
  tf.add(resize(x, [y.shape[1], y.shape[2]], 'bilinear', { alignCorners: true }), y);

/**
 * e4e from its checkpoint (`e4e_ffhq_encode.pt`); give it as the `start` of `invertPortrait`. The generator in the
 * same file, under `decoder.`, is not read. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createE4e } from '@latent-matte/models';
 *
 * const network = createE4e(await openCheckpoint(await readFile('e4e_ffhq_encode.pt')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createE4e(archive: WeightArchive | Checkpoint): E4e {
  return new E4e(archive);
}
