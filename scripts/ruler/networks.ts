import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { loadModel, type MattingModel } from '@latent-matte/backend-node';
import { parseSafetensors } from '@latent-matte/backend-node/checkpoints';
import type { PlainModel } from '@latent-matte/backend-node/evaluate';
import {
  catalogueEntry,
  type GraphModelClass,
  loadMediapipeSelfieMatting,
  loadModelFile,
  PortraitMatte,
  PortraitMatting,
  PortraitTrimap,
  readCatalogueFiles,
} from '@latent-matte/backend-node/models';

/** A network of the table, loaded when its turn comes. */
export interface Candidate {
  readonly name: string;
  load(): Promise<PlainModel>;
}

/** Names in the catalogue, and the folder of each below `nets`. */
const OTHERS = {
  rvm: 'rvm-tfjs',
  sinet: 'sinet',
  'prisma-net': 'prisma-net',
  'deeplab-person': 'deeplab-person',
} as const;

export interface Places {
  /** Folder of other people's networks. */
  readonly nets: string;
  /** Weights of the portrait network; absent = it is left out. */
  readonly portrait: string | undefined;
  /** MediaPipe's file; absent = the installed package's. */
  readonly selfie: string | undefined;
}

/** Every network at hand; those whose files are missing fail when they are loaded. */
export function candidates(places: Places): Candidate[] {
  const { portrait } = places;
  return [
    { name: 'compact', load: compact },
    { name: 'mediapipe-selfie', load: async () => ({ matting: await selfie(places) }) },
    ...Object.entries(OTHERS).map(([name, folder]) => ({
      name,
      load: async () => ({ matting: await fromFiles(name, join(places.nets, folder)) }),
    })),
    ...(portrait === undefined ? [] : portraits(portrait)),
  ].map(({ name, load }) => ({ name, load: async () => ({ ...(await load()), name }) }));
}

async function compact(): Promise<PlainModel> {
  const [matting, trimap] = [await loadModel('compact-matting'), await loadModel('compact-trimap')];
  return { matting, trimap };
}

async function fromFiles(name: string, from: string): Promise<MattingModel> {
  const entry = catalogueEntry(name);
  if (entry?.weights !== 'file') throw new Error(`The catalogue has no files of "${name}".`);
  const contents = await readCatalogueFiles(entry, from);
  const { format, roles, constants, license } = entry;
  const file = { name, license, contents, format, roles, ...(constants && { constants }) };
  return (await loadModelFile(file, 'matting', converter)) as MattingModel;
}

/** The converter of tfjs, which the tests of models have. */
async function converter(): Promise<GraphModelClass> {
  const require = createRequire(resolve('packages/models/package.json'));
  return require('@tensorflow/tfjs-converter').GraphModel;
}

async function selfie({ selfie }: Places): Promise<MattingModel> {
  return loadMediapipeSelfieMatting(
    selfie === undefined ? {} : { weights: new Uint8Array(await readFile(selfie)) },
  );
}

/** The portrait network with the prior that came with it, in two steps, and without it. */
function portraits(weights: string): Candidate[] {
  const open = async () => {
    if (!existsSync(weights)) throw new Error(`There is no file ${weights}.`);
    return parseSafetensors(new Uint8Array(await readFile(weights)));
  };
  return [
    { name: 'portrait', load: async () => ({ matting: new PortraitMatte(await open()) }) },
    {
      name: 'portrait, predicted trimap',
      load: async () => {
        const archive = await open();
        return { matting: new PortraitMatting(archive), trimap: new PortraitTrimap(archive) };
      },
    },
    {
      name: 'portrait without its prior',
      load: async () => ({ matting: new PortraitMatte(await open(), { prior: 'none' }) }),
    },
  ];
}
