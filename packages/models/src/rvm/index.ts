export type { RvmState } from './decoder';
export type { RvmVariant } from './encoder';
export { createRvm, Rvm, type RvmMatte, type RvmOptions } from './rvm';
export { RvmSequence } from './sequence';
