export { buffersOf } from './buffers-of';
export { type PackedError, packError, unpackError } from './pack-error';
export {
  type PlainEnhanceOptions,
  type SplitEnhanceOptions,
  splitEnhanceOptions,
} from './plain-options';
