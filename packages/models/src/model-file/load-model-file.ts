import {
  InvalidOptionError,
  type MattingModel,
  type TrimapModel,
  WeightFormatError,
} from '@latent-matte/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { AdapterDescription } from '../adapters/description';
import { fromGraphModel, type LoadedGraphModel } from '../adapters/from-graph-model';
import { fromOnnx } from '../adapters/from-onnx';
import { fromTflite } from '../adapters/from-tflite';
import { type ModelFileFacts, type ModelFileRole, parseGraphModel, rolesOf } from './model-file';

/** The class `GraphModel` of `@tensorflow/tfjs-converter` 4. */
export type GraphModelClass = new (
  handler: tf.io.IOHandlerSync,
) => LoadedGraphModel & { load(): unknown };

/** A model file in memory. */
export interface ModelFile extends ModelFileFacts {
  /** For reports and error messages. */
  readonly name: string;
  readonly license: string;
  /** The files by name; the one that names the others first. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/**
 * Makes the model that a file and its description are.
 *
 * ```ts
 * import { loadModelFile, type ModelFile } from '@latent-matte/models';
 * import { GraphModel } from '@tensorflow/tfjs-converter';
 *
 * declare const file: ModelFile;
 * const matting = await loadModelFile(file, 'matting', async () => GraphModel);
 * ```
 *
 * @param role what it is to be; default: what it is first of all for
 * @param graphModels brings the converter of tfjs, which graph models need and this package does not have
 * @throws InvalidOptionError it has no such role, or there is no converter
 * @throws WeightFormatError a damaged file, or a missing one
 */
export async function loadModelFile(
  file: ModelFile,
  role: ModelFileRole | undefined,
  graphModels: () => Promise<GraphModelClass>,
): Promise<MattingModel | TrimapModel> {
  const { name, license, format, constants = {} } = file;
  const wanted = role ?? rolesOf(file)[0];
  const described = wanted === undefined ? undefined : file.roles[wanted];
  if (described === undefined) {
    throw new InvalidOptionError(
      `"${name}" has no description as a ${wanted ?? 'matting'} model.`,
      `It is described as ${rolesOf(file).join(' and ') || 'nothing'}.`,
    );
  }
  const description = { ...described, name, license } as AdapterDescription;
  if (format === 'onnx') {
    const [, ...others] = file.contents;
    const external = Object.fromEntries(others);
    return fromOnnx(first(file), description, { constants, external });
  }
  if (format === 'tflite') return fromTflite(first(file), description);
  const graph = loadGraph(file, await graphModels());
  try {
    return await fromGraphModel(graph, description, { constants });
  } finally {
    graph.dispose();
  }
}

function first({ name, contents }: ModelFile): Uint8Array {
  for (const bytes of contents.values()) return bytes;
  throw new WeightFormatError(`"${name}" has no file.`);
}

function loadGraph(file: ModelFile, Loader: GraphModelClass) {
  const json = parseGraphModel(first(file));
  const parts = json.weightsManifest.flatMap(({ paths }) =>
    paths.map((path) => {
      const bytes = file.contents.get(path);
      if (bytes !== undefined) return bytes;
      throw new WeightFormatError(`"${file.name}" lacks the weights ${path}, which it names.`);
    }),
  );
  const weightData = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    weightData.set(part, at);
    at += part.length;
  }
  const artifacts = {
    modelTopology: json.modelTopology,
    signature: json.signature,
    userDefinedMetadata: json.userDefinedMetadata,
    weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
    weightData: weightData.buffer,
  };
  const graph = new Loader({ load: () => artifacts as tf.io.ModelArtifacts });
  graph.load();
  return graph;
}
