import type { WeightArchive } from '@latent-matte/core/checkpoints';
import {
  createDeeplabV3Plus,
  createGca,
  createLpipsVgg,
  createStyleGAN2Discriminator,
  createStyleGAN2Generator,
  randomStyleGAN2Weights,
} from '@latent-matte/models';
import { randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import { withSingularVectors } from '@latent-matte/test-kit/singular-vectors';

/** How wide the networks are made. */
export type Width = 'published' | 'narrow';

const hints: Readonly<Record<Width, Record<string, Record<string, readonly number[]>>>> = {
  published: { trimap: {}, matting: {}, perceptual: {} },
  // An eighth as wide: what an emulated GPU computes in seconds.
  narrow: {
    trimap: { 'backbone.conv1.weight': [8, 3, 7, 7], 'aspp.conv1.weight': [32, 160, 1, 1] },
    matting: { 'encoder.conv1.module.weight_bar': [4, 6, 3, 3] },
    perceptual: { 'features.0.weight': [8, 3, 3, 3] },
  },
};

const NARROW_CHANNELS = [16, 16, 16, 8];

/**
 * Everything that the authors' loop loads, of random weights: a step costs the same whatever they are.
 *
 * @param resolution of the generator
 */
export function officialNetworks(resolution: number, width: Width) {
  const narrow = width === 'narrow';
  const random = randomStyleGAN2Weights({
    resolution,
    ...(narrow && { channels: NARROW_CHANNELS, styleSize: 16, mappingLayers: 2 }),
  });
  // As in the authors' file: the mean of w would have to be read from the device at once, which WebGPU cannot in Node.
  const bytes = new Uint8Array(new Float32Array(narrow ? 16 : 512).buffer);
  const mean = { dtype: 'F32', shape: [bytes.length / 4], bytes } as const;
  const weights = { tensors: new Map([...random.tensors, ['latent_avg', mean] as const]) };
  const { trimap, matting, perceptual } = hints[width];
  return {
    generator: createStyleGAN2Generator(weights),
    discriminator: createStyleGAN2Discriminator(weights),
    trimap: createDeeplabV3Plus(
      damped(randomCheckpoint(createDeeplabV3Plus, { hints: trimap ?? {} })),
    ),
    matting: createGca(withSingularVectors(randomCheckpoint(createGca, { hints: matting ?? {} })), {
      border: 0,
    }),
    perceptual: createLpipsVgg(randomCheckpoint(createLpipsVgg, { hints: perceptual ?? {} })),
  };
}

/**
 * Each of the 33 blocks of ResNet-101 would double the variance: a tenth of what it adds is left. And its classes lean to
 * unknown, so that the matte is that of the matting network: a picture of nobody would be refused.
 */
function damped({ tensors }: WeightArchive): WeightArchive {
  const changed = (name: string, values: Float32Array): Float32Array => {
    if (name.endsWith('.bn3.weight')) return values.map((value) => value / 10);
    if (name === 'decoder.last_conv.8.weight') return values.map((value) => value / 100);
    return name === 'decoder.last_conv.8.bias' ? Float32Array.of(0, 1, 0) : values;
  };
  return {
    tensors: new Map(
      [...tensors].map(([name, tensor]) => {
        const values = changed(name, new Float32Array(tensor.bytes.slice().buffer));
        return [name, { ...tensor, bytes: new Uint8Array(values.buffer) }] as const;
      }),
    ),
  };
}
