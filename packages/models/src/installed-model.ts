import type { WeightFile } from '@latent-matte/core';
import type { ModelKind } from './catalogue';
import type { ModelFileFacts } from './model-file/model-file';

/** A model that the user added, and what is known about it. */
export interface InstalledModel {
  /** Name under which `loadModel` and the command line find it. */
  readonly id: string;
  /** The entry of the catalogue it is of, or the file it was. */
  readonly network: string;
  readonly kind: ModelKind;
  /** SPDX identifier or short description. */
  readonly license: string;
  /** A safetensors file; or the files of another program, the one that names the others first. */
  readonly files: readonly (WeightFile & { readonly name: string })[];
  /** Lower-case hex SHA-256 of all that decides its answers. */
  readonly sha256: string;
  /** How the files of another program are run. Absent: a checkpoint of `network`. */
  readonly runs?: ModelFileFacts;
}
