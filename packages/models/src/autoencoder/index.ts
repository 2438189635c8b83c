export {
  Autoencoder,
  type AutoencoderForm,
  type AutoencoderOptions,
  type LinearPath,
} from './autoencoder';
export { AutoencoderGenerator, type AutoencoderGeneratorOptions } from './autoencoder-generator';
