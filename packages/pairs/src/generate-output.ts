import { encodeImage } from '@latent-matte/backend-node';
import { type FloatImage, InvalidOptionError, serializeLatents } from '@latent-matte/core';
import type { GeneratedPair } from '@latent-matte/core/generate';
import { canonical, hashOf } from '@latent-matte/files/settings-differences';
import { sha256Of } from '@latent-matte/files/sha256-of';
import type { RunSettings } from './generate-settings';
import { assertSameSettings, HEADER, MANIFEST, putHeader, readHeader } from './generation-header';
import type { ObjectStore, StoredObject } from './object-store';
import { openObjectStore } from './open-object-store';
import { keyOf, type PairRecord, parseRecord, recordKey } from './pair-record';

// A run in a store:
//
//   generation.json               what decides every byte (RunSettings), and its hash
//   00000/image/00000042.png      the portrait
//   00000/alpha/00000042.png      its alpha, one channel
//   00000/trimap/00000042.png     0, 128, 255
//   00000/latents/00000042.safetensors, 00000/enhanced/00000042.png
//   00000/record/00000042.json    the line of the manifest; written last: the pair is complete when it is there
//   rejected/00000/image/…        the pictures of rejected pairs, where they are kept
//   manifest.jsonl                the records in the order of their indices, when a run ends or is stopped
//
// A shard is a data set of `image/ alpha/ trimap/`, as training and evaluation read them.
// Each file is a function of settings and index alone and is put whole, so that any number of processes may write the
// same pair, and a process may be killed anywhere.

/** More pairs than these are looked for in a list of all, in place of one by one. */
const FEW = 64;
/** Requests under way at a time. */
const CONCURRENCY = 16;

/** What is in an output. */
export interface OutputSummary {
  readonly pairs: number;
  readonly accepted: number;
  readonly rejected: number;
  /** How many pairs missed each limit, by what was measured. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Where the pairs of one run go, see the layout above. */
export class GenerationOutput {
  readonly store: ObjectStore;
  readonly settings: RunSettings;
  /** Hash of the settings: which run this is. */
  readonly run: string;

  private constructor(store: ObjectStore, settings: RunSettings) {
    this.store = store;
    // In one order, wherever the settings come from: they are part of what is written.
    this.settings = canonical(settings) as RunSettings;
    this.run = hashOf(settings);
  }

  /**
   * Begins a run, or goes on with one of the same settings.
   *
   * @param address see `openObjectStore`
   * @throws InvalidOptionError a run with other settings is there, or something that is no run
   * @throws OutputError
   */
  static async open(address: string, settings: RunSettings): Promise<GenerationOutput> {
    return await opening(address, async (store) => {
      const output = new GenerationOutput(store, settings);
      const earlier = await readHeader(store, output.run);
      if (earlier !== undefined) assertSameSettings(store.description, earlier, settings);
      else await putHeader(store, output.run, output.settings);
      return output;
    });
  }

  /**
   * The run that was begun there.
   *
   * @throws InvalidOptionError there is none
   */
  static async attach(address: string): Promise<GenerationOutput> {
    return await opening(address, async (store) => {
      const settings = await readHeader(store);
      if (settings !== undefined) return new GenerationOutput(store, settings);
      throw new InvalidOptionError(
        `There is no ${HEADER} in ${store.description}.`,
        'Give the --out that `latent-matte generate` was given, after it was started.',
      );
    });
  }

  /** Those of some indices whose pairs are not complete, in their order. */
  async missingOf(indices: readonly number[]): Promise<number[]> {
    const done = await this.doneOf(indices);
    return indices.filter((index) => !done.has(index));
  }

  /** Those of some indices whose pairs are complete. */
  async doneOf(indices: readonly number[]): Promise<Set<number>> {
    if (indices.length > FEW) {
      const wanted = new Set(indices);
      const all = (await this.records()).map(({ record }) => record.index);
      return new Set(all.filter((index) => wanted.has(index)));
    }
    const done = new Set<number>();
    await inParallel(indices, async (index) => {
      const record = await this.#read(index);
      if (record !== undefined && (await this.#isWhole(record))) done.add(index);
    });
    return done;
  }

  /** Every complete pair, in the order of the indices. */
  async records(): Promise<{ record: PairRecord; line: string }[]> {
    const objects = await this.store.list();
    const sizes = new Map(objects.map(({ key, size }: StoredObject) => [key, size]));
    const indices = objects.flatMap(({ key }) => {
      const index = Number(/^\d{5,}\/record\/(\d{8,})\.json$/.exec(key)?.[1] ?? Number.NaN);
      return Number.isSafeInteger(index) && recordKey(index) === key ? [index] : [];
    });
    const found: { record: PairRecord; line: string }[] = [];
    await inParallel(indices, async (index) => {
      const content = await this.store.get(recordKey(index));
      const record = content && parseRecord(content, index);
      const files = Object.values(record?.files ?? {});
      if (record === undefined || files.some(({ path, size }) => sizes.get(path) !== size)) return;
      found.push({ record, line: new TextDecoder().decode(content).trim() });
    });
    return found.sort((a, b) => a.record.index - b.record.index);
  }

  async #read(index: number): Promise<PairRecord | undefined> {
    const content = await this.store.get(recordKey(index));
    return content && parseRecord(content, index);
  }

  async #isWhole({ files }: PairRecord): Promise<boolean> {
    for (const { path, size } of Object.values(files)) {
      if ((await this.store.size(path)) !== size) return false;
    }
    return true;
  }

  /** Writes a pair; its record last. @throws OutputError */
  async write(pair: GeneratedPair): Promise<PairRecord> {
    const { latents, enhanced, rejected } = this.settings.output;
    const { accepted } = pair.gate;
    const files: [keyof PairRecord['files'], string, Uint8Array][] = [];
    const add = async (kind: keyof PairRecord['files'], image: FloatImage) =>
      files.push([kind, 'png', await encodeImage(image, 'png', { depth: 8 })]);
    if (accepted || rejected) {
      await add('image', pair.image);
      await add('alpha', pair.alpha);
      await add('trimap', pair.trimap);
      if (enhanced && pair.enhanced !== undefined) await add('enhanced', pair.enhanced);
      if (latents) {
        const metadata = { seed: String(pair.seed), index: String(pair.index) };
        const bytes = serializeLatents(pair.latents, pair.models.generator, metadata);
        files.push(['latents', 'safetensors', bytes]);
      }
    }
    const written: PairRecord['files'] = {};
    for (const [kind, extension, bytes] of files) {
      const path = `${accepted ? '' : 'rejected/'}${keyOf(pair.index, kind, extension)}`;
      await this.store.put(path, bytes);
      const sha256 = sha256Of(bytes);
      written[kind] = { path, size: bytes.length, sha256 };
    }
    const record = this.#record(pair, written);
    await this.store.put(recordKey(pair.index), `${JSON.stringify(record)}\n`);
    return record;
  }

  #record(pair: GeneratedPair, files: PairRecord['files']): PairRecord {
    const { models, versions, device } = this.settings;
    const reference = models.references.find(({ name }) => name === pair.models.reference);
    return {
      index: pair.index,
      seed: pair.seed,
      accepted: pair.gate.accepted,
      reasons: pair.gate.reasons.map((reason) => ({ ...reason })),
      measures: pair.gate.measures,
      losses: pair.losses,
      label: pair.label,
      models: {
        generator: models.generator,
        reference,
        trimap: models.trimap,
        discriminator: pair.models.discriminator === null ? null : models.discriminator,
        foreground: models.foreground,
      },
      device,
      versions,
      run: this.run,
      files,
    };
  }

  /** Writes `manifest.jsonl` of everything that is complete. */
  async writeManifest(): Promise<OutputSummary> {
    // Somebody may have removed the output in the middle of the run; without its header nobody could go on.
    if ((await this.store.size(HEADER)) === undefined)
      await putHeader(this.store, this.run, this.settings);
    const records = await this.records();
    await this.store.put(MANIFEST, records.map(({ line }) => `${line}\n`).join(''));
    const accepted = records.filter(({ record }) => record.accepted).length;
    const reasons: Record<string, number> = {};
    for (const { record } of records) {
      for (const { measure } of record.reasons) reasons[measure] = (reasons[measure] ?? 0) + 1;
    }
    return { pairs: records.length, accepted, rejected: records.length - accepted, reasons };
  }

  close(): void {
    this.store.close();
  }
}

async function opening<Value>(
  address: string,
  use: (store: ObjectStore) => Promise<Value>,
): Promise<Value> {
  const store = await openObjectStore(address);
  try {
    return await use(store);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Runs `work` on every item, a few at a time. */
async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, lane));
}
