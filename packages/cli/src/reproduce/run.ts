import { basename, join } from 'node:path';
import { type EnhanceOptions, readImage, useNodeBackend } from '@latent-matte/backend-node';
import { InvalidOptionError, type InvertOptions } from '@latent-matte/backend-node/core';
import { makeFolder } from '@latent-matte/files/make-folder';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { drawBackgrounds } from '../data/coco';
import { isPhotoError } from '../terminal/photo-error';
import { formatSeconds } from '../terminal/progress';
import { reportError } from '../terminal/report-error';
import type { Terminal } from '../terminal/terminal';
import { type FoundFile, findCheckpoints } from './checkpoint-files';
import { convertOnce } from './convert-once';
import { measureStep, type StepSeconds } from './estimate';
import { OFFICIAL_INVERSION_STEPS, OFFICIAL_STEPS, type ReproduceCommandOptions } from './grammar';
import { createNetworks, type OfficialNetworks } from './networks';
import { contentsOf, listOfficialPictures, type OfficialPicture } from './official-data';
import { earlierResult, type PictureResult, type RunSettings } from './picture-result';
import { reproducePicture } from './reproduce-picture';
import { formatTable, meansOf } from './table';

/** Sizes of another scale, for tests with small networks. */
export interface ReducedSizes {
  readonly networkSize: readonly [height: number, width: number];
  readonly perceptualSize: number;
}

/** A picture and how far it is. */
interface Planned {
  readonly picture: OfficialPicture;
  readonly folder: string;
  readonly settings: RunSettings;
  readonly done: PictureResult | undefined;
  readonly background: string | undefined;
}

/**
 * `latent-matte reproduce`.
 *
 * @returns 0, or 1 when a picture failed
 * @throws LatentMatteError what concerns every picture: missing files, options, backend, output
 * @throws AbortedError the signal fired; pictures that are done stay done
 */
export async function reproduceCommand(
  options: ReproduceCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  reduced?: ReducedSizes,
): Promise<number> {
  const files = await findCheckpoints(options.checkpoints);
  for (const { name, path, size } of files) {
    terminal.note(`found ${name}  ${(size / 1e6).toFixed(1)} MB  ${path}`);
  }
  const pictures = (await listOfficialPictures(options.data)).slice(0, options.limit);
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const plan = await planOf(pictures, files, backend.device, options);
  const open = plan.filter(({ done }) => done === undefined);
  terminal.note(`${counted(plan.length)}, ${plan.length - open.length} done before`);
  const failed: string[] = [];
  const results = new Map(
    plan.flatMap(({ picture, done }) => (done ? [[picture.name, done]] : [])),
  );
  if (open.length > 0) {
    const weights = await convertOnce(files, join(options.out, 'converted'), terminal, signal);
    const networks = createNetworks(weights);
    try {
      await announce(open, networks, options, terminal, reduced);
      if (options.estimate) return 0;
      for (const planned of open) {
        signal.throwIfAborted();
        const { picture, folder, settings } = planned;
        try {
          const enhance = await enhanceOptions(planned, networks, reduced);
          const invert = invertOptions(settings, networks, reduced);
          const run = { settings, enhance, invert, terminal, signal };
          results.set(picture.name, await reproducePicture(picture, folder, run));
        } catch (error) {
          if (signal.aborted || !isPhotoError(error)) throw error;
          failed.push(picture.name);
          terminal.note(`${picture.name}:`);
          reportError(error, terminal, false);
        }
      }
    } finally {
      networks.dispose();
    }
  }
  if (options.estimate) return 0;
  await report([...results.values()], failed, options, terminal);
  return failed.length > 0 ? 1 : 0;
}

/** The settings of every picture, and its result where an earlier run left one. */
async function planOf(
  pictures: readonly OfficialPicture[],
  files: readonly FoundFile[],
  device: string,
  { out, backgrounds, seed, steps = OFFICIAL_STEPS, inversionSteps }: ReproduceCommandOptions,
): Promise<Planned[]> {
  const drawn =
    backgrounds === undefined ? [] : await drawBackgrounds(backgrounds, pictures.length, seed);
  const sizes = Object.fromEntries(files.map(({ name, size }) => [name, size]));
  // A first look of few updates is not preceded by hours of inversion.
  const alike = Math.max(2, Math.ceil((OFFICIAL_INVERSION_STEPS * steps) / OFFICIAL_STEPS));
  const names = new Set(pictures.map(({ name }) => name.toLowerCase()));
  if (names.size < pictures.length || names.has('converted')) {
    throw new InvalidOptionError(
      'Two pictures would share a result folder, or one is called "converted".',
      'Rename them: names must differ by more than case.',
    );
  }
  const plan: Planned[] = [];
  for (const [i, picture] of pictures.entries()) {
    const background = drawn.length === 0 ? undefined : drawn[i % drawn.length]!;
    const settings: RunSettings = {
      ...{ steps, device, files: sizes, contents: await contentsOf(picture) },
      inversionSteps: inversionSteps ?? Math.min(alike, OFFICIAL_INVERSION_STEPS),
      seed: seed + i,
      background: background === undefined ? null : basename(background),
    };
    const folder = join(out, picture.name);
    const done = await earlierResult(join(folder, 'result.json'), settings);
    plan.push({ picture, folder, settings, done, background });
  }
  await makeFolder(out);
  return plan;
}

async function enhanceOptions(
  { settings, background }: Planned,
  { generator, discriminator, trimap, matting, perceptual }: OfficialNetworks,
  reduced: ReducedSizes | undefined,
): Promise<EnhanceOptions> {
  const { steps, seed } = settings;
  return {
    preset: 'official',
    model: matting,
    steps,
    advanced: {
      ...{ generator, discriminator, trimap, perceptual, seed },
      ...(background !== undefined && { backgrounds: [await readImage(background)] }),
      ...reduced,
    },
  };
}

function invertOptions(
  { inversionSteps, seed }: RunSettings,
  { generator, perceptual }: OfficialNetworks,
  reduced: ReducedSizes | undefined,
): InvertOptions {
  return {
    ...{ generator, perceptual, seed, method: 'official', steps: inversionSteps },
    ...(reduced !== undefined && { perceptualSize: reduced.perceptualSize }),
  };
}

/** Says how long it will take: one step of each kind, measured here. */
async function announce(
  open: readonly Planned[],
  networks: OfficialNetworks,
  { backgrounds, device }: ReproduceCommandOptions,
  terminal: Terminal,
  reduced: ReducedSizes | undefined,
): Promise<void> {
  if (backgrounds === undefined) {
    terminal.note('note: no --backgrounds: portraits are composed with smooth random pictures.');
  }
  terminal.note(`measuring a step on ${device} …`);
  const [first] = open as [Planned];
  const inverted = open.filter(({ picture }) => picture.latents === undefined).length;
  const seconds = await measureStep(
    await readImage(first.picture.image),
    networks,
    await enhanceOptions(first, networks, reduced),
    inverted > 0 ? invertOptions(first.settings, networks, reduced) : undefined,
  );
  terminal.note(estimateOf(seconds, open.length, inverted, first.settings));
}

const counted = (pictures: number): string =>
  `${pictures} ${pictures === 1 ? 'picture' : 'pictures'}`;

/** `about 9 h 12 min in all: search 500 × 2.10 s for 12 pictures, inversion …` */
export function estimateOf(
  { search, styles = 0, noise = 0 }: StepSeconds,
  pictures: number,
  inverted: number,
  { steps, inversionSteps }: Pick<RunSettings, 'steps' | 'inversionSteps'>,
): string {
  const inversion = inversionSteps * ((5 / 8) * styles + (3 / 8) * noise);
  const total = pictures * (steps + 1) * search + inverted * inversion;
  const parts = [
    `search ${steps} × ${search.toPrecision(3)} s for ${counted(pictures)}`,
    ...(inverted > 0
      ? [
          `inversion ${inversionSteps} steps in ${formatSeconds(inversion)} for ${counted(inverted)}`,
        ]
      : []),
  ];
  return `about ${formatSeconds(total)} in all: ${parts.join(', ')}`;
}

async function report(
  results: readonly PictureResult[],
  failed: readonly string[],
  { out, json }: ReproduceCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const sorted = [...results].sort((a, b) => (a.name < b.name ? -1 : 1));
  const text = formatTable(sorted);
  const document = JSON.stringify(
    {
      tool: 'latent-matte',
      protocol: 'official',
      means: meansOf(sorted),
      pictures: sorted.map(({ name, original, enhanced, reports, seconds }) => ({
        ...{ name, original, enhanced, reports, seconds },
      })),
      failed,
    },
    null,
    2,
  );
  await writeFileAtomic(join(out, 'table.txt'), `${text}\n`);
  await writeFileAtomic(join(out, 'table.json'), `${document}\n`);
  terminal.out(json ? document : text);
}
