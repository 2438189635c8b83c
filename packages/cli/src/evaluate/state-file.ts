import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { InvalidOptionError } from '@latent-matte/backend-node/core';
import type { EvaluationFailure, EvaluationRow } from '@latent-matte/backend-node/evaluate';
import { canonical, hashOf, settingsDifferences } from '@latent-matte/files/settings-differences';
import { outputErrorFrom } from '@latent-matte/files/write-file-atomic';
import { versions } from '../version';

/** Everything that decides what a row says, by name; plain JSON. */
export type EvaluationSettings = Readonly<Record<string, unknown>>;

/** One picture that is done: measured, or not measurable. */
export type StateEntry = {
  /** Variant, model and picture. */
  readonly task: string;
  /** SHA-256 of the picture's files. */
  readonly files: string;
} & (
  | { readonly row: EvaluationRow; readonly failure?: never }
  | { readonly failure: EvaluationFailure; readonly row?: never }
);

interface Header {
  readonly tool: 'latent-matte';
  readonly kind: 'evaluation-state';
  readonly schema: 1;
  /** SHA-256 of `settings`. */
  readonly hash: string;
  readonly settings: EvaluationSettings;
}

/** An evaluation of 100,000 pictures has less. */
const MAX_BYTES = 512e6;

/**
 * What an evaluation has done so far, one JSON line per picture behind a line with the settings: written when a
 * picture is done and flushed to disk, so that neither Ctrl-C nor a power cut loses more than the current picture.
 */
export class StateFile {
  readonly path: string;
  readonly #done: Map<string, StateEntry>;
  readonly #file: FileHandle;
  #queue: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, done: Map<string, StateEntry>) {
    this.path = path;
    this.#file = file;
    this.#done = done;
  }

  /**
   * Starts a state, or goes on with one. Without `resume` an earlier state of that name is kept as `PATH.old`.
   *
   * @throws InvalidOptionError `resume`, and the state was made with other settings or is no state
   * @throws OutputError the file cannot be written
   */
  static async open(
    path: string,
    settings: EvaluationSettings,
    { resume, note }: { resume: boolean; note: (text: string) => void },
  ): Promise<StateFile> {
    const header = headerOf(settings);
    try {
      const earlier = await readState(path);
      if (resume && earlier !== undefined) {
        assertSameSettings(path, earlier.header, header);
        const file = await open(path, 'r+');
        // A line that was cut off by a crash would spoil the next one.
        await file.truncate(earlier.goodBytes);
        await file.close();
        note(`resuming ${path}: ${earlier.done.size} done before`);
        return new StateFile(path, await open(path, 'a'), earlier.done);
      }
      // A run that was killed before its first line was written has done nothing.
      if (await isBlank(path)) await rm(path);
      if (resume) note(`nothing to resume at ${path}; starting`);
      else if (earlier !== undefined) {
        await rename(path, `${path}.old`);
        note(`an earlier run is kept as ${path}.old; --resume would have gone on with it`);
      }
      const file = await open(path, 'ax');
      try {
        await file.appendFile(`${JSON.stringify(header)}\n`);
        await file.datasync();
      } catch (error) {
        await file.close();
        await rm(path, { force: true });
        throw error;
      }
      return new StateFile(path, file, new Map());
    } catch (error) {
      throw outputErrorFrom(path, error);
    }
  }

  /** The entry of a picture whose files have not changed since. */
  find(task: string, files: string): StateEntry | undefined {
    const entry = this.#done.get(task);
    return entry?.files === files ? entry : undefined;
  }

  /** Calls may overlap; lines do not. @throws OutputError */
  append(entry: StateEntry): Promise<void> {
    this.#done.set(entry.task, entry);
    const written = this.#queue.then(async () => {
      const { size } = await this.#file.stat();
      try {
        await this.#file.appendFile(`${JSON.stringify(entry)}\n`);
        await this.#file.datasync();
      } catch (error) {
        // A full disk takes half of a line, which would spoil that of the next picture.
        await this.#file.truncate(size).catch(() => undefined);
        throw error;
      }
    });
    this.#queue = written.catch(() => undefined);
    return written.catch((error: unknown) => {
      throw outputErrorFrom(this.path, error);
    });
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#file.close();
  }

  /** Closes and deletes it: for a run that is complete and was not asked to keep it. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }
}

function headerOf(settings: EvaluationSettings): Header {
  const complete = canonical({
    ...settings,
    version: versions['latent-matte'],
  }) as EvaluationSettings;
  const hash = hashOf(complete);
  return { tool: 'latent-matte', kind: 'evaluation-state', schema: 1, hash, settings: complete };
}

async function readState(
  path: string,
): Promise<{ header: Header; done: Map<string, StateEntry>; goodBytes: number } | undefined> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) return undefined;
  const foreign = new InvalidOptionError(
    `${path} is not the state of an evaluation.`,
    'Give another name with --state, or remove the file.',
  );
  if (!entry.isFile() || entry.size > MAX_BYTES) throw foreign;
  if (await isBlank(path)) return undefined;
  const bytes = await readFile(path);
  // Behind the last line break there is nothing, or half a line. Counted in bytes: a damaged one may be no text.
  const goodBytes = bytes.lastIndexOf('\n') + 1;
  const lines = bytes.toString('utf8', 0, goodBytes).split('\n').slice(0, -1);
  const [header, ...rest] = lines.map((line) => parseLine(line));
  if (!isHeader(header)) throw foreign;
  const done = new Map<string, StateEntry>();
  for (const [index, value] of rest.entries()) {
    if (!isEntry(value)) {
      throw new InvalidOptionError(
        `Line ${index + 2} of ${path} is damaged.`,
        'Remove that line, or start over without --resume.',
      );
    }
    done.set(value.task, revive(value));
  }
  return { header, done, goodBytes };
}

/** How the first line begins, whatever the settings. */
const HEADER_START = '{"tool":"latent-matte","kind":"evaluation-state",';
/** A first line is shorter than this. */
const MAX_HEADER_BYTES = 1e6;

/** Whether a file is there that ends within its first line, or before. */
async function isBlank(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry?.isFile() || entry.size > MAX_HEADER_BYTES) return false;
  const text = await readFile(path, 'utf8');
  if (text.includes('\n')) return false;
  return text.startsWith(HEADER_START) || HEADER_START.startsWith(text);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isHeader = (value: unknown): value is Header =>
  isRecord(value) &&
  value.tool === 'latent-matte' &&
  value.kind === 'evaluation-state' &&
  value.schema === 1 &&
  isRecord(value.settings);

function isEntry(value: unknown): value is StateEntry {
  if (!isRecord(value) || typeof value.task !== 'string' || typeof value.files !== 'string') {
    return false;
  }
  const { row, failure } = value;
  const numbers = (part: unknown, names: readonly string[]): boolean =>
    isRecord(part) && names.every((name) => Number.isFinite(part[name]));
  const errors = (part: unknown): boolean => numbers(part, ['grad', 'conn', 'mse', 'sad']);
  if (isRecord(row)) {
    const { name, psnr, tags = [], warnings = [], target, judges = {}, official } = row;
    const texts = (list: unknown) =>
      Array.isArray(list) && list.every((text) => typeof text === 'string');
    const parts = (value: unknown, names: readonly string[], holds = errors): boolean =>
      isRecord(value) && names.every((part) => holds(value[part]));
    const officialErrors = (value: unknown) => parts(value, ['asRun', 'asIntended', 'plain']);
    return (
      typeof name === 'string' &&
      errors(row.original) &&
      errors(row.enhanced) &&
      (target === undefined || errors(target)) &&
      // JSON has no infinity.
      (psnr === null || Number.isFinite(psnr)) &&
      numbers(row, ['ssim', 'seconds', 'bestStep']) &&
      [tags, warnings].every(texts) &&
      isRecord(judges) &&
      Object.values(judges).every((judge) => parts(judge, ['original', 'enhanced'])) &&
      (official === undefined || parts(official, ['original', 'enhanced'], officialErrors))
    );
  }
  return (
    isRecord(failure) &&
    ['name', 'code', 'message'].every((name) => typeof failure[name] === 'string')
  );
}

/** JSON has no infinity: the PSNR of an unchanged picture comes back as null. */
function revive(entry: StateEntry): StateEntry {
  const { row } = entry;
  if (row === undefined || row.psnr !== null) return entry;
  return { ...entry, row: { ...row, psnr: Number.POSITIVE_INFINITY } };
}

function assertSameSettings(path: string, earlier: Header, now: Header): void {
  if (earlier.hash === now.hash) return;
  const differences = settingsDifferences(earlier.settings, now.settings);
  throw new InvalidOptionError(
    `${path} was made with other settings: ${differences.slice(0, 6).join('; ') || 'its first line was changed'}.`,
    'Give the same options as then, another --state file, or leave out --resume to start over.',
  );
}
