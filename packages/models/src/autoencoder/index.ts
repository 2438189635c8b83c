export { Autoencoder, type AutoencoderForm, type AutoencoderOptions } from './autoencoder';
export { AutoencoderGenerator, type AutoencoderGeneratorOptions } from './autoencoder-generator';
