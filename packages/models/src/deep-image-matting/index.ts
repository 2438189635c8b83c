export { createDimFoamliu, DimFoamliu } from './foamliu';
export {
  createDimHuochaitiantang,
  DimHuochaitiantang,
  type DimHuochaitiantangOptions,
} from './huochaitiantang';
