import { createRandom, InvalidOptionError } from '@latent-matte/core';
import { assignWeights, type WeightArchive } from '@latent-matte/core/checkpoints';
import * as tf from '@tensorflow/tfjs-core';
import { layerCount, noiseSide, type StyleGAN2GeneratorArchitecture } from './architecture';
import { canonicalStyleGAN2Weights } from './canonical-weights';
import { StyleGAN2Discriminator } from './discriminator';
import { StyleGAN2Generator } from './generator';
import { inferDiscriminator, inferGenerator } from './infer-architecture';
import { MappingNetwork } from './mapping';
import { discriminatorShapes, generatorShapes, noiseShapes, type Shapes } from './parameters';

/** z drawn for the mean of w when the checkpoint has none. */
const MEAN_SAMPLES = 4096;

export interface StyleGAN2Options {
  /** For reports and error messages. Default `stylegan2-<resolution>`. */
  name?: string;
  /** Licence of the weights. Default: that of NVIDIA's published networks. */
  license?: string;
  /**
   * Bound of the output of every convolution, for networks trained with mixed precision (`conv_clamp`, usually 256).
   * Default: what the checkpoint says, which official pickles do; otherwise none.
   */
  clamp?: number | null;
}

export interface StyleGAN2GeneratorOptions extends StyleGAN2Options {
  /** Seeds the noise maps and the mean of w where the checkpoint has none. Default 0. */
  seed?: number;
}

export interface StyleGAN2DiscriminatorOptions extends StyleGAN2Options {
  /**
   * Pictures that share the minibatch statistic, ≥ 1. Default 1: every picture is judged alone, and a batch scores
   * as its members do. Training uses 4.
   */
  groupSize?: number;
}

const LICENSE = 'Nvidia Source Code License-NC (non-commercial), unless the weights are your own';

type Scalars = { readonly scalars?: ReadonlyMap<string, unknown> };

/**
 * A StyleGAN2 generator from the tensors of a checkpoint: rosinality's or NVlabs' names, whole training checkpoints
 * (`g_ema` is taken) or the network alone. Resolution, channels and depth are read from the shapes.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { enhancePortrait } from '@latent-matte/core';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createStyleGAN2Generator } from '@latent-matte/models';
 *
 * const generator = createStyleGAN2Generator(await openCheckpoint(await readFile('ffhq.pt')));
 * await enhancePortrait(photo, { preset: 'paper', advanced: { generator } });
 * generator.dispose();
 * ```
 *
 * @throws WeightsError naming every tensor that is missing, unexpected, misshapen or not finite
 */
export function createStyleGAN2Generator(
  weights: WeightArchive & Scalars,
  options: StyleGAN2GeneratorOptions = {},
): StyleGAN2Generator {
  const own = canonicalStyleGAN2Weights(weights, 'generator');
  const architecture = inferGenerator(own);
  const { resolution, styleSize } = architecture;
  const name = options.name ?? `stylegan2-${resolution}`;
  const noises = noiseShapes(architecture);
  const hasNoise = Object.keys(noises).some((key) => own.tensors.has(key));
  const expected: Shapes = {
    ...generatorShapes(architecture),
    ...(hasNoise ? noises : {}),
    ...(own.tensors.has('latent_avg') ? { latent_avg: [styleSize] } : {}),
  };
  const values = assignWeights(own, expected, name);
  const random = createRandom(options.seed ?? 0);
  const noise = Array.from(
    { length: layerCount(resolution) - 1 },
    (_, i) =>
      values[`noises.noise_${i}`] ?? random.fork(`noise ${i}`).normals(noiseSide(i) * noiseSide(i)),
  );
  const normals = random.fork('mean').normals.bind(random.fork('mean'));
  return new StyleGAN2Generator({
    architecture,
    values,
    meanStyle: values.latent_avg ?? meanStyle(values, architecture, normals),
    noise,
    clamp: clampOf(options, weights, `${own.prefix}init_kwargs/synthesis_kwargs/conv_clamp`),
    name,
    license: options.license ?? LICENSE,
  });
}

/**
 * A StyleGAN2 discriminator from the tensors of a checkpoint; see {@link createStyleGAN2Generator}.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createStyleGAN2Discriminator } from '@latent-matte/models';
 *
 * const network = createStyleGAN2Discriminator(await openCheckpoint(await readFile('discriminator.safetensors')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every tensor that is missing, unexpected, misshapen or not finite
 * @throws InvalidOptionError for a group size below 1
 */
export function createStyleGAN2Discriminator(
  weights: WeightArchive & Scalars,
  options: StyleGAN2DiscriminatorOptions = {},
): StyleGAN2Discriminator {
  const { groupSize = 1 } = options;
  if (!Number.isInteger(groupSize) || groupSize < 1) {
    throw new InvalidOptionError(`groupSize is ${groupSize}.`, 'Use a whole number ≥ 1.');
  }
  const own = canonicalStyleGAN2Weights(weights, 'discriminator');
  const architecture = inferDiscriminator(own);
  const name = options.name ?? `stylegan2-discriminator-${architecture.resolution}`;
  return new StyleGAN2Discriminator({
    architecture,
    values: assignWeights(own, discriminatorShapes(architecture), name),
    groupSize,
    clamp: clampOf(options, weights, `${own.prefix}init_kwargs/conv_clamp`),
    name,
    license: options.license ?? LICENSE,
  });
}

function clampOf(
  { clamp }: StyleGAN2Options,
  { scalars }: Scalars,
  path: string,
): number | undefined {
  const bound = clamp === undefined ? (scalars?.get(path) ?? null) : clamp;
  if (bound === null) return undefined;
  if (typeof bound === 'number' && bound > 0) return bound;
  throw new InvalidOptionError(`clamp is ${String(bound)}.`, 'Use a number > 0, or null for none.');
}

/** The mean of w over random z. */
function meanStyle(
  values: Readonly<Record<string, Float32Array>>,
  architecture: StyleGAN2GeneratorArchitecture,
  normals: (count: number) => Float32Array,
): Float32Array {
  const mapping = new MappingNetwork(values, architecture);
  try {
    return tf.tidy(() => {
      const z = tf.tensor2d(normals(MEAN_SAMPLES * architecture.latentSize), [
        MEAN_SAMPLES,
        architecture.latentSize,
      ]);
      return tf.mean(mapping.run(z), 0).dataSync() as Float32Array;
    });
  } finally {
    mapping.dispose();
  }
}
