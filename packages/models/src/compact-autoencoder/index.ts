export {
  createCompactAutoencoder,
  createCompactAutoencoderGenerator,
} from './create-compact-autoencoder';
export { loadCompactAutoencoder } from './load-compact-autoencoder';
