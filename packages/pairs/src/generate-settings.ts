import { hashOfModel } from '@latent-matte/backend-node/models';
import { InvalidOptionError } from '@latent-matte/core';
import {
  defaultLimits,
  type GenerationSettings,
  generateOptions,
  generationSettings,
  type PairOptions,
} from '@latent-matte/core/generate';
import { DEFAULT_PARTS } from '@latent-matte/core/options';
import { catalogueEntry, type ModelKind } from '@latent-matte/models';
import { version_core as tfjsVersion } from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { z } from 'zod';
import { version } from '../package.json';
import type { RunBackgrounds } from './generate-backgrounds';
import { recordedSchemas, share } from './option-schema';

const name = z.string().min(1).max(200);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const model = z.strictObject({
  name,
  /** Lower-case hex SHA-256 of its weights; `null` for models without a file, and for those a program registered. */
  sha256: sha256.nullable(),
});

const limits = z.strictObject(
  Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, share])),
);
const recorded = recordedSchemas(generateOptions);
/** What the table of options records, with what of it is recorded in another form. */
const generation = z.strictObject({
  ...recorded,
  lossSize: recorded.lossSize!.nullable(),
  gate: z.union([z.literal(false), limits]),
}) as unknown as z.ZodType<GenerationSettings>;

/** {@link RunSettings} of a stranger: nothing in them may surprise. */
export const runSettingsSchema = z.strictObject({
  generation,
  models: z.strictObject({
    generator: model,
    references: z.array(model).min(1).max(64),
    trimap: model,
    discriminator: model,
    foreground: model,
  }),
  /** Hashes of the pictures for L_ca; none: smooth random ones. */
  backgrounds: z.array(sha256).max(4096),
  /** Devices round differently. */
  device: name,
  /** Batches of any size give the same bytes on `wasm` and `cpu`: `null`. Elsewhere the size. */
  batch: z.int().min(1).max(64).nullable(),
  output: z.strictObject({
    latents: z.boolean(),
    enhanced: z.boolean(),
    rejected: z.boolean(),
  }),
  versions: z.strictObject({ latentMatte: name, tfjs: name, sharp: name }),
});

/** Everything that decides the bytes of a run; plain JSON. Two runs with equal settings make the same files. */
export type RunSettings = z.infer<typeof runSettingsSchema>;

/** A model by name, with the hash of its weights. */
export type ModelIdentity = z.infer<typeof model>;

/** What of a pair is written. */
export interface PairOutputOptions {
  /** The latents of the optimised portrait, the largest of the files. Default true. */
  readonly latents?: boolean;
  /** The optimised portrait beside the initial one. Default false. */
  readonly enhanced?: boolean;
  /** The pictures of rejected pairs too; their lines in the manifest are always there. Default false. */
  readonly rejected?: boolean;
}

/** Options of `generatePortraits` that can be recorded: models by name. */
export type NamedPairOptions = Omit<PairOptions, 'backgrounds' | 'keepEnhanced'>;

/**
 * The settings of a run.
 *
 * ```ts
 * import { pairOptionsOf, runSettings } from '@latent-matte/pairs';
 *
 * const settings = await runSettings({ generator: 'compact-generator', seed: 7 }, 'wasm');
 * const options = pairOptionsOf(settings);
 * ```
 *
 * @param device as `useNodeBackend` names it, for instance `wasm`
 * @param backgrounds of `readBackgrounds`; default: smooth random ones
 * @throws InvalidOptionError a wrong option, or a model that is not given by name
 */
export async function runSettings(
  options: NamedPairOptions,
  device: string,
  output: PairOutputOptions = {},
  backgrounds?: RunBackgrounds,
): Promise<RunSettings> {
  const identify = async (kind: ModelKind | 'foreground', choice: unknown) => {
    if (typeof choice === 'string') return await identifyModel(kind, choice);
    throw new InvalidOptionError(
      `The ${kind} model is given as an object, which cannot be written down.`,
      'Register it and give its name.',
    );
  };
  const { models: given, references, batch = 1 } = options;
  const asked = given ?? references ?? [DEFAULT_PARTS.model];
  return {
    generation: generationSettings(options),
    models: {
      generator: await identify('generator', options.generator),
      references: await Promise.all(asked.map((choice) => identify('matting', choice))),
      trimap: await identify('trimap', options.trimap ?? DEFAULT_PARTS.trimap),
      discriminator: await identify(
        'discriminator',
        options.discriminator ?? DEFAULT_PARTS.discriminator,
      ),
      foreground: await identify('foreground', options.foreground ?? DEFAULT_PARTS.foreground),
    },
    backgrounds: [...(backgrounds?.sha256 ?? [])],
    device,
    batch: device === 'wasm' || device === 'cpu' ? null : batch,
    output: {
      latents: output.latents ?? true,
      enhanced: output.enhanced ?? false,
      rejected: output.rejected ?? false,
    },
    versions: { latentMatte: version, tfjs: tfjsVersion, sharp: sharp.versions.sharp ?? 'unknown' },
  };
}

/**
 * The options that a run with these settings was started with.
 *
 * ```ts
 * import { createPairMaker, pairOptionsOf, runSettings } from '@latent-matte/pairs';
 *
 * const settings = await runSettings({ generator: 'compact-generator', seed: 7 }, 'wasm');
 * const maker = await createPairMaker(pairOptionsOf(settings));
 * ```
 *
 * @param backgrounds those of the run
 * @throws InvalidOptionError they are others
 */
export function pairOptionsOf(
  settings: RunSettings,
  batchHere = 1,
  backgrounds: RunBackgrounds = { images: [], sha256: [] },
): PairOptions {
  const { backgrounds: hashes, output, batch } = settings;
  if (hashes.join() !== backgrounds.sha256.join()) {
    throw new InvalidOptionError(
      `The run has ${hashes.length} backgrounds; the ${backgrounds.sha256.length} given are not the same.`,
      'Give the same pictures in the same order.',
    );
  }
  return {
    ...namedOptionsOf(settings),
    keepEnhanced: output.enhanced,
    batch: batch ?? batchHere,
    ...(backgrounds.images.length > 0 && { backgrounds: backgrounds.images }),
  };
}

/** Those of them that are written down. */
export function namedOptionsOf({ generation, models: used, batch }: RunSettings): NamedPairOptions {
  const { lossSize, ...rest } = generation;
  return {
    ...rest,
    ...(lossSize !== null && { lossSize }),
    generator: used.generator.name,
    references: used.references.map((reference) => reference.name),
    trimap: used.trimap.name,
    discriminator: used.discriminator.name,
    foreground: used.foreground.name,
    ...(batch !== null && { batch }),
  };
}

async function identifyModel(kind: ModelKind | 'foreground', name: string): Promise<ModelIdentity> {
  const own = await hashOfModel(kind, name);
  if (own !== undefined) return { name, sha256: own };
  const known = kind === 'foreground' ? undefined : catalogueEntry(name, kind);
  // An older name of a model says the same as its id.
  if (known?.weights !== 'embedded' || known.kind !== kind) return { name, sha256: null };
  return { name: known.id, sha256: known.file.sha256 };
}
