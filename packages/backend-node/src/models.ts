/**
 * `@latent-matte/backend-node/models`: networks, the catalogue, adapters of your own models, installed models and their weights.
 * @module @latent-matte/backend-node/models
 */
export * from '@latent-matte/models';
export {
  type AddModelOptions,
  addInstalledModel,
  addModelFiles,
} from './weights/add-installed-model';
export { weightCacheDirectory } from './weights/cache-directory';
export { hashOfModel, registerModelFile } from './weights/described-models';
export { fromOnnxFile } from './weights/from-onnx-file';
export {
  graphModels,
  listInstalledModels,
  registerInstalledModels,
  removeInstalledModel,
  verifyInstalledModel,
} from './weights/installed-models';
export {
  fetchCatalogueFiles,
  type ModelFileContents,
  readCatalogueFiles,
  readModelFile,
} from './weights/model-file-contents';
export { modelsDirectory } from './weights/models-directory';
export {
  clearWeightCache,
  createWeightResolver,
  resolveWeights,
  type WeightResolver,
  type WeightResolverOptions,
} from './weights/resolve-weights';
