import type {
  StyleGAN2Architecture,
  StyleGAN2GeneratorArchitecture,
} from '../stylegan2/architecture';

/**
 * The sizes of the embedded generator. Layers to 32² are as wide as a few megabytes allow, since they hold what a
 * face is; those above are narrow, since they cost the time.
 */
export const COMPACT_STYLEGAN2: StyleGAN2GeneratorArchitecture = {
  resolution: 256,
  channels: [256, 256, 192, 96, 64, 32, 16],
  styleSize: 256,
  latentSize: 256,
  mappingLayers: 4,
};

/** The sizes of the discriminator it is trained against: about a third of its parameters. */
export const COMPACT_DISCRIMINATOR: StyleGAN2Architecture = {
  resolution: 256,
  channels: [160, 160, 128, 64, 48, 32, 16],
};
