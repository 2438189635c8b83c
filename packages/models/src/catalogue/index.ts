export { catalogue, catalogueEntry, type Network, networks } from './catalogue';
export type {
  Capabilities,
  CatalogueEntry,
  CatalogueFile,
  CheckpointEntry,
  CreateNetwork,
  CreateOptions,
  EmbeddedEntry,
  FileEntry,
  MadeEntry,
  Model,
  ModelKind,
} from './entry';
export { registerCatalogue } from './register';
