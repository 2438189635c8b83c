export { COMPACT_STYLEGAN2 } from './architecture';
export { CompactEncoder } from './compact-encoder';
export { CompactGenerator } from './compact-generator';
