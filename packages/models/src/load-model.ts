import {
  type Discriminator,
  type Generator,
  type GeneratorContext,
  InvalidOptionError,
  type LatentEncoder,
  type MattingModel,
  type PerceptualModel,
  type TrimapModel,
  UnknownModelError,
  WeightsError,
} from '@latent-matte/core';
import {
  type Checkpoint,
  openCheckpoint,
  type WeightArchive,
} from '@latent-matte/core/checkpoints';
import {
  activeBackend,
  assertOnly,
  type BytesLike,
  didYouMean,
  type NamesOf,
} from '@latent-matte/core/internal';
import {
  type CatalogueEntry,
  type CreateOptions,
  catalogue,
  catalogueEntry,
  type Model,
  type ModelKind,
  type Network,
  networks,
} from './catalogue';
import type { LoadOptions } from './embedded-weights';
import type { InstalledModel } from './installed-model';
import { type GraphModelClass, loadModelFile } from './model-file/load-model-file';

/** What the ids of the embedded models load. */
export interface EmbeddedModels {
  readonly 'portrait-trimap': TrimapModel;
  readonly 'portrait-matting': MattingModel;
  readonly 'portrait-matte': MattingModel;
  readonly 'compact-generator': Generator;
  readonly 'compact-encoder': LatentEncoder;
  readonly 'compact-trimap': TrimapModel;
  readonly 'compact-matting': MattingModel;
  readonly 'compact-perceptual': PerceptualModel;
  readonly 'compact-discriminator': Discriminator;
  readonly 'compact-face-discriminator': Discriminator;
  /** @deprecated `compact-generator` */
  readonly compact: Generator;
}

/** A checkpoint that was opened, or the content of one: bytes of any kind, a `Blob`. */
export type GivenWeights = WeightArchive | BytesLike | Blob;

export interface LoadModelOptions extends LoadOptions {
  /**
   * Weights for a network that comes without: a checkpoint that was opened, or the content of one; several
   * where it is published in several files.
   */
  weights?: GivenWeights | readonly GivenWeights[];
  /** Make it of variables, for `fineTune`. Default false. */
  trainable?: boolean;
  /** What a model is to be that can be several: a segmenter is a matting model, or a trimap model. */
  kind?: ModelKind;
  /** The portrait of a generator that is made for one, as `taef2` is: RGB `[1, H, W, 3]` in [0, 1]. */
  portrait?: GeneratorContext;
}

const names: NamesOf<LoadModelOptions> = {
  weights: true,
  trainable: true,
  kind: true,
  portrait: true,
  onProgress: true,
};

/** Models that the user added, and what a platform brings to run them. */
export interface InstalledModels {
  /**
   * @param wanted the id that is asked for: whatever is wrong with the descriptions of other models, it is found
   * @throws WeightsError the description of the wanted one is damaged
   */
  list(wanted?: string): Promise<readonly InstalledModel[]>;
  /** The class of `@tensorflow/tfjs-converter`, for graph models. */
  graphModels(): Promise<GraphModelClass>;
}

let installed: InstalledModels = {
  list: async () => [],
  graphModels: () =>
    Promise.reject(
      new InvalidOptionError(
        'Graph models are loaded by `loadGraphModel` of @tensorflow/tfjs-converter here.',
        'Pass what it returns to `fromGraphModel`.',
      ),
    ),
};

/**
 * Where {@link loadModel} looks for models the user added; called by backends.
 *
 * ```ts
 * import { type InstalledModel, setInstalledModels } from '@latent-matte/models';
 *
 * declare const installed: InstalledModel[];
 * setInstalledModels({
 *   list: async () => installed,
 *   graphModels: async () => (await import('@tensorflow/tfjs-converter')).GraphModel,
 * });
 * ```
 */
export function setInstalledModels(models: InstalledModels): void {
  installed = models;
}

/**
 * Loads a model by its id: an embedded one (`compact-generator`, `compact-matting` …), one the user added with
 * `latent-matte models add`, or any published network with weights given here. {@link catalogue} lists the ids.
 *
 * ```ts
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { loadModel } from '@latent-matte/models';
 *
 * declare const file: Uint8Array; // vgg16.pth
 * const matting = await loadModel('compact-matting');
 * const vgg = await loadModel('vgg16', { weights: await openCheckpoint(file) });
 * matting.dispose();
 * vgg.dispose();
 * ```
 *
 * Needs an active backend. The caller disposes the model. TypeScript knows what embedded ids load; of others, say it:
 * `loadModel<Generator>('ffhq')`.
 *
 * @throws UnknownModelError there is no such id
 * @throws WeightsError the network comes without weights and none were given, or they do not fit
 * @throws InvalidOptionError weights for a model that takes none, or `trainable` for one that cannot be trained
 */
export async function loadModel<Id extends keyof EmbeddedModels>(
  id: Id,
  options?: LoadModelOptions,
): Promise<EmbeddedModels[Id]>;
export async function loadModel<Kind extends Model = Model>(
  id: string,
  options?: LoadModelOptions,
): Promise<Kind>;
export async function loadModel(name: string, options: LoadModelOptions = {}): Promise<Model> {
  assertOnly('loadModel', options, names);
  const { weights, trainable = false, kind, portrait } = options;
  const known = catalogueEntry(name, kind);
  const network = networks.find(({ id }) => id === known?.id);
  if (weights !== undefined) {
    if (network === undefined) throw known === undefined ? unknown(name, []) : takesNone(known);
    assertTrains(network.id, trainable);
    return network.create(await joined(weights, network), undefined, creation(trainable, portrait));
  }
  if (known?.weights === 'embedded') {
    assertTrains(known.id, trainable);
    return await known.load({ ...options, trainable });
  }
  const added = await installed.list(name);
  const model = added.find(({ id }) => id === name);
  if (model !== undefined) return await loadInstalled(model, options);
  if (known?.weights === 'file' && known.load !== undefined) {
    return await known.load(kind === 'trimap' ? 'trimap' : 'matting');
  }
  throw known === undefined ? unknown(name, added) : comesWithout(known, network);
}

async function loadInstalled(
  model: InstalledModel,
  { onProgress, trainable = false, kind, portrait }: LoadModelOptions,
): Promise<Model> {
  const { id: name, network: networkId, license, files, runs } = model;
  const backend = activeBackend();
  if (runs !== undefined) {
    assertTrains(networkId, trainable);
    const contents = new Map<string, Uint8Array>();
    for (const file of files)
      contents.set(file.name, await backend.resolveWeights(file, onProgress));
    const role = kind === 'trimap' || kind === 'matting' ? kind : undefined;
    return await loadModelFile({ ...runs, name, license, contents }, role, installed.graphModels);
  }
  const network = networks.find((candidate) => candidate.id === networkId);
  if (network === undefined) throw unknown(networkId, []);
  assertTrains(networkId, trainable);
  const bytes = await backend.resolveWeights(files[0]!, onProgress);
  return network.create(await openCheckpoint(bytes), license, creation(trainable, portrait));
}

const creation = (trainable: boolean, portrait: GeneratorContext | undefined): CreateOptions => ({
  trainable,
  ...(portrait && { portrait }),
});

/** @throws InvalidOptionError */
function assertTrains(network: string, trainable: boolean): void {
  if (!trainable || catalogueEntry(network)?.capabilities.trainable) return;
  const able = catalogue.filter(({ capabilities }) => capabilities.trainable).map(({ id }) => id);
  throw new InvalidOptionError(
    `The network "${network}" cannot be fine-tuned.`,
    `Those that can: ${able.join(', ')}; or adapt a LayersModel.`,
  );
}

/** One archive of several. Scalars are those of the first file that has them. */
async function joined(
  weights: NonNullable<LoadModelOptions['weights']>,
  { join }: Network,
): Promise<WeightArchive & Partial<Pick<Checkpoint, 'scalars'>>> {
  const given: readonly GivenWeights[] = Array.isArray(weights) ? weights : [weights];
  const archives: (WeightArchive & Partial<Pick<Checkpoint, 'scalars'>>)[] = await Promise.all(
    given.map((one: GivenWeights) => ('tensors' in one ? one : openCheckpoint(one))),
  );
  if (join !== undefined) return join(archives);
  if (archives.length === 1) return archives[0]!;
  return { tensors: new Map(archives.flatMap(({ tensors }) => [...tensors])) };
}

const takesNone = ({ id, weights }: CatalogueEntry): InvalidOptionError =>
  new InvalidOptionError(
    weights === 'embedded' ? `"${id}" comes with its weights.` : `"${id}" takes no weights.`,
    'Leave `weights` out, or name a network that takes them.',
  );

/**
 * What to do about a model that the catalogue knows and that is not here.
 *
 * ```ts
 * import { catalogueEntry, comesWithout } from '@latent-matte/models';
 *
 * const entry = catalogueEntry('rvm');
 * if (entry !== undefined) throw comesWithout(entry);
 * ```
 */
export function comesWithout(
  entry: CatalogueEntry,
  network: Network | undefined = networks.find(({ id }) => id === entry.id),
): WeightsError | InvalidOptionError {
  const { id } = entry;
  if (entry.weights === 'none' || entry.weights === 'embedded') {
    return new InvalidOptionError(
      `"${id}" is made for each portrait.`,
      `Give its name where it is used: { generator: '${id}' }.`,
    );
  }
  if (entry.weights === 'file') {
    return new WeightsError(
      `"${id}" is known and not installed.`,
      `Run \`latent-matte models add ${id}\`; its licence is ${entry.license}.`,
    );
  }
  if (network === undefined) {
    return new InvalidOptionError(
      `"${id}" is known, but its network is not written yet.`,
      'Name another model.',
    );
  }
  const sources = entry.files.map(({ name, url }) => (url ? `${name} from ${url}` : name));
  return new WeightsError(
    `"${id}" comes without weights.`,
    `Download ${sources.join(' and ')}, then run \`latent-matte models add FILE --id ${id} --network ${id}\`, or give its weights here: loadModel('${id}', { weights }).`,
  );
}

function unknown(id: string, added: readonly InstalledModel[]): UnknownModelError {
  const ids = (weights: readonly CatalogueEntry['weights'][]) =>
    catalogue.filter((entry) => weights.includes(entry.weights)).map((entry) => entry.id);
  const names = [...ids(['embedded']), ...added.map((entry) => entry.id)];
  const known = [...catalogue.map((entry) => entry.id), ...names];
  return new UnknownModelError(
    `There is no model "${id}".`,
    `${didYouMean(id, known)}There are: ${names.join(', ')}; with weights of your own: ${networks.map((network) => network.id).join(', ')}; after \`latent-matte models add\`: ${ids(['file']).join(', ')}.`,
  );
}
