import { createLayeredGenerator } from '../layered';
import { ResidualPyramidGenerator } from '../residual-pyramid';
import { createStyleGAN2Discriminator, createStyleGAN2Generator } from '../stylegan2';
import { createTaef2Generator, joinTaef2Files } from '../taef2';
import type { CheckpointEntry, MadeEntry } from './entry';

/** Models without weights. */
export const madeModels: readonly MadeEntry[] = [
  {
    id: 'residual-pyramid',
    weights: 'none',
    kind: 'generator',
    description: 'the photo itself plus a pyramid of changes: the default, exact at the start',
    license: 'MIT',
    capabilities: { gradient: true },
    make: (context) => new ResidualPyramidGenerator(context),
  },
  {
    id: 'layered',
    weights: 'none',
    kind: 'generator',
    description:
      'the photo plus smooth changes of its foreground and background, apart along the edge',
    license: 'MIT',
    capabilities: { gradient: true },
    make: createLayeredGenerator,
  },
];

const paper = 'Karras et al.: Analyzing and improving the image quality of StyleGAN, CVPR 2020';
const code = 'https://github.com/NVlabs/stylegan2-ada-pytorch';
const license = 'of the checkpoint; those of NVIDIA are non-commercial';
const checkpoint = {
  name: 'a StyleGAN2-ADA .pkl, or a .pt of rosinality',
  url: 'https://github.com/NVlabs/stylegan2-ada-pytorch',
};

/** Generators and discriminators of checkpoints that their authors publish. */
export const publishedGenerators: readonly CheckpointEntry[] = [
  {
    id: 'stylegan2',
    weights: 'checkpoint',
    kind: 'generator',
    description: 'StyleGAN2 of any size: the generator of the paper',
    license,
    capabilities: { gradient: true },
    input: 'codes of the mapping network and noise maps; RGB [0, 1] out',
    paper,
    code,
    files: [checkpoint],
    create: (archive, given) => createStyleGAN2Generator(archive, given ? { license: given } : {}),
  },
  {
    id: 'stylegan2-discriminator',
    weights: 'checkpoint',
    kind: 'discriminator',
    description: 'the discriminator of a StyleGAN2, for L_ca',
    license,
    capabilities: { gradient: true },
    input: 'RGB [0, 1] at the resolution it was trained at',
    paper,
    code,
    files: [checkpoint],
    create: (archive, given) =>
      createStyleGAN2Discriminator(archive, given ? { license: given } : {}),
  },
  {
    id: 'taef2',
    weights: 'checkpoint',
    kind: 'generator',
    description:
      'the photo plus what the autoencoder TAEF2 makes of a change of its latents, an eighth of the size',
    license: 'MIT',
    capabilities: { gradient: true },
    input: 'RGB [0, 1], any size up to 2048',
    paper: 'none',
    code: 'https://github.com/madebyollin/taesd',
    files: [
      {
        name: 'taef2_encoder.pth',
        url: taesd('taef2_encoder.pth'),
        size: 2_704_692,
        sha256: '10a4e1021e89d7551eaf161352da8dbd0b1aa83872ae28b150c1df1ce2f147b6',
      },
      {
        name: 'taef2_decoder.pth',
        url: taesd('taef2_decoder.pth'),
        size: 2_704_756,
        sha256: '0a44a31e1ae59eb9dbf9359d24942fd3ef5928162c1800d97a28c61d51be0ab5',
      },
    ],
    join: joinTaef2Files,
    create: (archive, given, { portrait } = {}) =>
      createTaef2Generator(archive, portrait, given ? { license: given } : {}),
  },
];

function taesd(file: string): string {
  const revision = '5cccb12dc72074a4be35680c3b108548a7c69978';
  return `https://raw.githubusercontent.com/madebyollin/taesd/${revision}/${file}`;
}
