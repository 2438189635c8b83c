/**
 * The networks at hand as they are, on photographs with known mattes: the first table of docs/evaluate.md.
 *
 *     pnpm ruler [--data ../shared/data] [--set real/ppm …] [--only rvm …] [--portrait FILE] [--selfie FILE]
 *         [--device native] [--size 512] [--limit N] [--cut-out] [--no-sheets]
 *
 * With --cut-out each network also as `cutOut` uses it. Prints a table in Markdown per set, and leaves in out/ruler/ the tables, every row as JSON, and for each set and network
 * a contact sheet: photographs beside their mattes, those that fail as a whole framed in red.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type NodeDevice, useNodeBackend, writeImage } from '@latent-matte/backend-node';
import {
  formatPlain,
  measureModels,
  type PlainEvaluation,
  type PlainModel,
} from '@latent-matte/backend-node/evaluate';
import { candidates } from './networks';
import { samplesOf } from './samples';
import { contactSheet, type Shown } from './sheet';

const SETS = ['real/ppm', 'real/dev', 'real/eg1800', 'portraits/dev'];

interface Settings {
  readonly data: string;
  readonly out: string;
  readonly size: number;
  readonly limit: number;
  readonly sheets: boolean;
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      data: { type: 'string', default: '../shared/data' },
      set: { type: 'string', multiple: true, default: SETS },
      only: { type: 'string', multiple: true },
      portrait: { type: 'string' },
      selfie: { type: 'string' },
      device: { type: 'string', default: 'auto' },
      size: { type: 'string', default: '512' },
      limit: { type: 'string', default: 'Infinity' },
      'cut-out': { type: 'boolean', default: false },
      sheets: { type: 'boolean', default: true },
      out: { type: 'string', default: 'out/ruler' },
    },
  });
  const settings = { ...values, size: Number(values.size), limit: Number(values.limit) };
  const backend = await useNodeBackend({ device: values.device as NodeDevice });
  console.log(backend.description);
  const { portrait, selfie } = values;
  const loaded = await load({ nets: join(values.data, 'nets'), portrait, selfie }, values.only);
  const models = values['cut-out']
    ? loaded.flatMap((one) => [one, { ...one, cutOut: true }])
    : loaded;
  await mkdir(settings.out, { recursive: true });
  const tables: string[] = [];
  for (const set of values.set) {
    const table = `### ${set}\n\n${formatPlain(await measureSet(set, models, settings))}\n`;
    console.log(`\n${table}`);
    tables.push(table);
    await writeFile(join(settings.out, 'tables.md'), tables.join('\n'));
  }
  for (const { matting, trimap } of loaded) {
    matting.dispose();
    trimap?.dispose();
  }
  return 0;
}

/** Those that load; the others are named. */
async function load(
  places: Parameters<typeof candidates>[0],
  only: readonly string[] | undefined,
): Promise<PlainModel[]> {
  const models: PlainModel[] = [];
  for (const candidate of candidates(places)) {
    if (only !== undefined && !only.includes(candidate.name)) continue;
    try {
      models.push(await candidate.load());
    } catch (error) {
      console.log(`without ${candidate.name}: ${(error as Error).message}`);
    }
  }
  return models;
}

async function measureSet(
  set: string,
  models: readonly PlainModel[],
  { data, out, size, limit, sheets }: Settings,
): Promise<PlainEvaluation> {
  const shown = new Map<string, Shown[]>();
  const evaluation = await measureModels(await samplesOf(join(data, set), limit), models, {
    size,
    onRow({ model, gross }, { matte, picture }) {
      if (!sheets) return;
      const list = shown.get(model) ?? [];
      shown.set(model, [...list, { image: picture.image, matte, failed: gross.failed }]);
    },
    onFailure: ({ name, model, message }) => console.log(`${name} ${model ?? ''}: ${message}`),
  });
  const file = (ending: string) => join(out, `${set.replaceAll('/', '-')}${ending}`);
  await writeFile(file('.json'), JSON.stringify(evaluation, null, 1));
  for (const [model, list] of shown) {
    const name = model.replaceAll(/[^\w]+/g, '-');
    await writeImage(file(`-${name}.png`), contactSheet(list, size));
  }
  return evaluation;
}
