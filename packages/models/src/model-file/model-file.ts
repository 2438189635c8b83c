import { InvalidOptionError } from '@latent-matte/core';
import type { MattingDescription, TrimapDescription } from '../adapters/description';
import { externalFilesOf } from '../adapters/onnx/read-onnx';

/** Programs whose model files an adapter reads: `fromOnnx`, `fromGraphModel`, `fromTflite`. */
export type ModelFileFormat = 'onnx' | 'graph-model' | 'tflite';

/** How a model file is run: plain data, in a catalogue, a description.json, or beside an installed model. */
export interface ModelFileFacts {
  readonly format: ModelFileFormat;
  /** What it is used as, and its description for each use; at least one. */
  readonly roles: ModelFileRoles;
  /** Values of inputs beside picture and trimap. */
  readonly constants?: Readonly<Record<string, number>>;
}

export interface ModelFileRoles {
  readonly matting?: Omit<MattingDescription, 'name' | 'license'>;
  readonly trimap?: Omit<TrimapDescription, 'name' | 'license'>;
}

export type ModelFileRole = keyof ModelFileRoles;

/**
 * The uses of a file, the one it is first of all for in front.
 *
 * ```ts
 * import { rolesOf } from '@latent-matte/models';
 *
 * console.log(rolesOf({ roles: { matting: { kind: 'matting' } } })); // ['matting']
 * ```
 */
export const rolesOf = ({ roles }: Pick<ModelFileFacts, 'roles'>): ModelFileRole[] =>
  (['matting', 'trimap'] as const).filter((role) => roles[role] !== undefined);

/**
 * The format that a file name tells.
 *
 * ```ts
 * import { formatOf } from '@latent-matte/models';
 *
 * console.log(formatOf('network.onnx')); // onnx
 * ```
 */
export function formatOf(name: string): ModelFileFormat | undefined {
  if (/\.onnx$/i.test(name)) return 'onnx';
  if (/\.tflite$/i.test(name)) return 'tflite';
  return /\.json$/i.test(name) ? 'graph-model' : undefined;
}

/**
 * The other files that a model file names: the weights of a tfjs `model.json`, the external data of an ONNX file.
 * They lie beside it, those of an ONNX file also in folders beside it, and are named with `/`.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { otherFilesOf } from '@latent-matte/models';
 *
 * console.log(otherFilesOf('graph-model', await readFile('model.json'))); // its shards
 * ```
 *
 * @throws InvalidOptionError it names one elsewhere, or is no model.json
 * @throws WeightFormatError a damaged ONNX file
 */
export function otherFilesOf(format: ModelFileFormat, content: Uint8Array): string[] {
  if (format === 'tflite') return [];
  const names =
    format === 'onnx'
      ? externalFilesOf(content)
      : parseGraphModel(content).weightsManifest.flatMap(({ paths }) => paths);
  // A path could lead anywhere on the disk of whoever opens a stranger's model.
  const plain = (name: string) => /^[^./\\:\0][^/\\:\0]*$/.test(name);
  const unsafe = names.find((name) =>
    format === 'onnx' ? !name.split('/').every(plain) : !plain(name),
  );
  if (unsafe === undefined) return names;
  throw new InvalidOptionError(
    `The model names the weights ${JSON.stringify(unsafe)}.`,
    'Put them beside it, or in a folder beside it, under plain names.',
  );
}

/** What of a tfjs `model.json` is used. */
export interface GraphModelJson {
  readonly format: string;
  readonly modelTopology: object;
  readonly signature?: Signature;
  readonly userDefinedMetadata?: { readonly signature?: Signature };
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly object[];
  }[];
}

interface Signature {
  readonly inputs?: Readonly<Record<string, SignatureTensor>>;
  readonly outputs?: Readonly<Record<string, SignatureTensor>>;
}

export interface SignatureTensor {
  readonly tensorShape?: { readonly dim?: readonly { readonly size?: string | number }[] };
}

/** @throws InvalidOptionError not a graph model of tfjs */
export function parseGraphModel(bytes: Uint8Array): GraphModelJson {
  let json: Partial<GraphModelJson> | null = null;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Told below.
  }
  const groups = json?.weightsManifest;
  const sound =
    json?.format === 'graph-model' &&
    typeof json.modelTopology === 'object' &&
    json.modelTopology !== null &&
    Array.isArray(groups) &&
    groups.every(
      (group) =>
        Array.isArray(group?.weights) &&
        Array.isArray(group.paths) &&
        group.paths.every((path: unknown) => typeof path === 'string'),
    );
  if (sound) return json as GraphModelJson;
  throw new InvalidOptionError(
    'This is not the model.json of a TensorFlow.js graph model.',
    'Layers models come in through `fromLayersModel`, in a program.',
  );
}
