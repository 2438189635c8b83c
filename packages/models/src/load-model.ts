import {
  activeBackend,
  type Discriminator,
  type Generator,
  InvalidOptionError,
  type LatentEncoder,
  type MattingModel,
  type PerceptualModel,
  registerDiscriminator,
  registerGenerator,
  registerMattingModel,
  registerPerceptualModel,
  registerTrimapModel,
  type TrimapModel,
  UnknownModelError,
  type WeightArchive,
  type WeightProgress,
  WeightsError,
} from '@latent-matte/core';
import { type Checkpoint, openCheckpoint } from '@latent-matte/core/checkpoints';
import { createCompactMatting } from './compact/compact-models';
import { loadCompactDiscriminator, loadCompactMatting, loadCompactTrimap } from './load-compact';
import {
  loadCompactEncoder,
  loadCompactFaceDiscriminator,
  loadCompactGenerator,
} from './load-compact-generator';
import {
  type CreateOptions,
  publishedFactories,
  publishedNetworks,
  trainableNetworks,
} from './published';
import { createStyleGAN2Discriminator, createStyleGAN2Generator } from './stylegan2';

export type Model =
  | Generator
  | LatentEncoder
  | Discriminator
  | MattingModel
  | TrimapModel
  | PerceptualModel;
export type ModelKind = 'generator' | 'discriminator' | 'matting' | 'trimap' | 'perceptual';

/** A model that the user added: a converted file, and what is known about it. */
export interface InstalledModel {
  /** Name under which `loadModel` and the command line find it. */
  readonly id: string;
  /** Which of {@link networks} it is. */
  readonly network: string;
  readonly kind: ModelKind;
  /** SPDX identifier or short description. */
  readonly license: string;
  /** Address of the safetensors file. */
  readonly url: string;
  readonly size: number;
  /** Lower-case hex SHA-256 of the file. */
  readonly sha256: string;
}

/** A network this package can make from weights. */
export interface Network {
  readonly id: string;
  readonly kind: ModelKind;
  create(archive: WeightArchive, license?: string, options?: CreateOptions): Model;
}

/** Every network that takes weights: the published ones, StyleGAN2, and the compact matting network. */
export const networks: readonly Network[] = [
  {
    id: 'stylegan2',
    kind: 'generator',
    create: (archive, license) => createStyleGAN2Generator(archive, license ? { license } : {}),
  },
  {
    id: 'stylegan2-discriminator',
    kind: 'discriminator',
    create: (archive, license) => createStyleGAN2Discriminator(archive, license ? { license } : {}),
  },
  ...publishedNetworks.flatMap(({ id, kind }) => {
    const create = publishedFactories[id];
    if (create === undefined) return [];
    return [
      {
        id,
        kind,
        create: (archive: WeightArchive, _license?: string, options?: CreateOptions) =>
          create(archive, options),
      },
    ];
  }),
  {
    id: 'compact-matting',
    kind: 'matting',
    create: (archive, _license, options) => createCompactMatting(archive, options),
  },
];

/** What the ids of the embedded models load. */
export interface EmbeddedModels {
  readonly compact: Generator;
  readonly 'compact-encoder': LatentEncoder;
  readonly 'compact-trimap': TrimapModel;
  readonly 'compact-matting': MattingModel;
  readonly 'compact-discriminator': Discriminator;
  readonly 'compact-face-discriminator': Discriminator;
}

const embedded: {
  readonly [Id in keyof EmbeddedModels]: (options: LoadModelOptions) => Promise<EmbeddedModels[Id]>;
} = {
  compact: (options) => loadCompactGenerator(options),
  'compact-encoder': (options) => loadCompactEncoder(options),
  'compact-trimap': (options) => loadCompactTrimap(options),
  'compact-matting': (options) => loadCompactMatting(options),
  'compact-discriminator': (options) => loadCompactDiscriminator(options),
  'compact-face-discriminator': (options) => loadCompactFaceDiscriminator(options),
};

export interface LoadModelOptions {
  /**
   * Weights for a network that comes without: a checkpoint that was opened, or the content of one; several
   * where it is published in several files.
   */
  weights?: WeightArchive | Uint8Array | readonly (WeightArchive | Uint8Array)[];
  /** Make it of variables, for `fineTune`. Default false. */
  trainable?: boolean;
  /** Bytes loaded so far. */
  onProgress?: (progress: WeightProgress) => void;
}

let catalog: () => Promise<readonly InstalledModel[]> = async () => [];

/** Where {@link loadModel} looks for models the user added; called by backends. */
export function setModelCatalog(list: () => Promise<readonly InstalledModel[]>): void {
  catalog = list;
}

/**
 * Loads a model by its id: an embedded one (`compact`, the generator; `compact-matting` …), one the user added with
 * `latent-matte models add`, or any published network with weights given here.
 *
 * ```ts
 * const vgg = await loadModel('vgg16', { weights: await openCheckpoint(await openFileSource(path)) });
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
export async function loadModel(id: string, options: LoadModelOptions = {}): Promise<Model> {
  const { weights, trainable = false } = options;
  const create = { trainable };
  const network = networks.find((candidate) => candidate.id === id);
  if (isEmbedded(id) && (weights === undefined || network === undefined)) {
    if (weights !== undefined) {
      throw new InvalidOptionError(
        `"${id}" comes with its weights.`,
        'Leave `weights` out, or name a network that takes them.',
      );
    }
    assertTrains(id, trainable);
    return await embedded[id](options);
  }
  if (weights !== undefined) {
    if (network === undefined) throw unknown(id, []);
    assertTrains(id, trainable);
    return network.create(await joined(weights), undefined, create);
  }
  const installed = await catalog();
  const entry = installed.find((candidate) => candidate.id === id);
  if (entry !== undefined) return await loadInstalled(entry, options);
  if (network === undefined) throw unknown(id, installed);
  const files = publishedNetworks.find((candidate) => candidate.id === id)?.weights ?? [];
  const sources = files.map(({ file, url }) => `${file} from ${url}`).join(' and ');
  throw new WeightsError(
    `"${id}" comes without weights.`,
    `${sources === '' ? 'Get a checkpoint' : `Download ${sources}`}, then run \`latent-matte models add FILE --id ${id} --network ${id}\`, or give its weights here: loadModel('${id}', { weights }).`,
  );
}

const isEmbedded = (id: string): id is keyof EmbeddedModels => Object.hasOwn(embedded, id);

async function loadInstalled(
  { network: networkId, url, size, sha256, license }: InstalledModel,
  { onProgress, trainable = false }: LoadModelOptions,
): Promise<Model> {
  const network = networks.find((candidate) => candidate.id === networkId);
  if (network === undefined) throw unknown(networkId, []);
  assertTrains(networkId, trainable);
  const bytes = await activeBackend().resolveWeights({ url, size, sha256 }, onProgress);
  return network.create(await openCheckpoint(bytes), license, { trainable });
}

/** @throws InvalidOptionError */
function assertTrains(network: string, trainable: boolean): void {
  if (!trainable || trainableNetworks.includes(network)) return;
  throw new InvalidOptionError(
    `The network "${network}" cannot be fine-tuned.`,
    `Those that can: ${trainableNetworks.join(', ')}; or adapt a LayersModel.`,
  );
}

/** One archive of several. Scalars are those of the first file that has them. */
async function joined(
  weights: NonNullable<LoadModelOptions['weights']>,
): Promise<WeightArchive & Partial<Pick<Checkpoint, 'scalars'>>> {
  const given = Array.isArray(weights) ? weights : [weights];
  const archives: (WeightArchive & Partial<Pick<Checkpoint, 'scalars'>>)[] = await Promise.all(
    given.map((one: WeightArchive | Uint8Array) =>
      one instanceof Uint8Array ? openCheckpoint(one) : one,
    ),
  );
  if (archives.length === 1) return archives[0]!;
  return { tensors: new Map(archives.flatMap(({ tensors }) => [...tensors])) };
}

function unknown(id: string, installed: readonly InstalledModel[]): UnknownModelError {
  const names = [...Object.keys(embedded), ...installed.map((entry) => entry.id)];
  return new UnknownModelError(
    `There is no model "${id}".`,
    `There are: ${names.join(', ')}; with weights of your own: ${networks.map((network) => network.id).join(', ')}.`,
  );
}

/** Makes an installed model available by its id, as `enhancePortrait(image, { reference: id })`. */
export function registerInstalledModel({ id, kind }: InstalledModel): void {
  const load = () => loadModel(id);
  if (kind === 'generator') registerGenerator(id, load as () => Promise<Generator>);
  else if (kind === 'discriminator')
    registerDiscriminator(id, load as () => Promise<Discriminator>);
  else if (kind === 'matting') registerMattingModel(id, load as () => Promise<MattingModel>);
  else if (kind === 'trimap') registerTrimapModel(id, load as () => Promise<TrimapModel>);
  else registerPerceptualModel(id, load as () => Promise<PerceptualModel>);
}
