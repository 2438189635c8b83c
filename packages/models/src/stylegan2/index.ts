export {
  channelTable,
  type StyleGAN2Architecture,
  type StyleGAN2GeneratorArchitecture,
} from './architecture';
export { canonicalStyleGAN2Weights, type StyleGAN2Network } from './canonical-weights';
export {
  createStyleGAN2Discriminator,
  createStyleGAN2Generator,
  type StyleGAN2DiscriminatorOptions,
  type StyleGAN2GeneratorOptions,
  type StyleGAN2Options,
} from './create';
export { StyleGAN2Discriminator } from './discriminator';
export { StyleGAN2Generator } from './generator';
export { discriminatorNames, generatorNames } from './nvlabs-names';
export { discriminatorOperations, synthesisOperations } from './operations';
export { type RandomStyleGAN2Options, randomStyleGAN2Weights } from './random-weights';
