/**
 * The compact weights of latent-matte: where each file is, and what is known about it. No code of the networks, which
 * is in `@latent-matte/models`, and no dependency.
 * @module @latent-matte/compact
 */
export { type CompactWeights, compactWeights } from './manifest';
export {
  compactDiscriminator,
  compactEncoder,
  compactFaceDiscriminator,
  compactGenerator,
  compactMatting,
  compactTrimap,
} from './urls';
