export { createDimFoamliu, DimFoamliu } from './encoder-decoder';
export {
  createDimHuochaitiantang,
  DimHuochaitiantang,
  type DimHuochaitiantangOptions,
} from './encoder-decoder-with-refinement';
