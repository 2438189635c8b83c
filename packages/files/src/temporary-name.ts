import { createHash, randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive } from './is-alive';

// What is being written is called `.NAME.PID.MACHINE+RANDOM.tmp` beside its target; a folder that is being filled
// `.NAME.partial-PID-MACHINE+RANDOM`. A process that is killed leaves it; the next one that writes there removes it.

/** Process ids mean something on their own machine only, and folders may be shared. */
const MACHINE = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

const FILE = /^\..+\.(\d+)\.([0-9a-f]{8})[0-9a-f]{8}\.tmp$/;
/** Earlier versions left out the machine, and of folders the process. */
const EARLIER_FILE = /^\..+\.(\d+)\.(?:[0-9a-f]{8}\.tmp|incoming)$/;
const FOLDER = /^\..+\.partial-(\d+)-([0-9a-f]{8})[0-9a-f]{8}(?:\.old)?$/;
const EARLIER_FOLDER = /^\..+\.partial-[0-9a-f]{8}(?:\.old)?$/;

/** Nobody writes one file for so long. */
const ABANDONED_MILLISECONDS = 24 * 3600 * 1000;
/** Nor a result folder. */
const EARLIER_MILLISECONDS = 3600 * 1000;

/** Where a file is written before it takes its name. */
export function temporaryFile(path: string): string {
  const name = `.${basename(path).slice(0, 100)}.${process.pid}.${mark()}.tmp`;
  return join(dirname(path), name);
}

/** Where a folder is filled before it takes its name. */
export function temporaryFolder(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.partial-${process.pid}-${mark()}`);
}

const mark = (): string => `${MACHINE}${randomBytes(4).toString('hex')}`;

/** Whether a file or folder of that name is one that is not finished. */
export const isTemporary = (name: string): boolean =>
  [FILE, EARLIER_FILE, FOLDER, EARLIER_FOLDER].some((pattern) => pattern.test(name));

/** Whether what is at `path` was left behind by a process that was killed. */
export async function isLeftover(path: string): Promise<boolean> {
  const name = basename(path);
  if (!isTemporary(name)) return false;
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) return false;
  const abandoned = EARLIER_FOLDER.test(name) ? EARLIER_MILLISECONDS : ABANDONED_MILLISECONDS;
  if (Date.now() - entry.mtimeMs > abandoned) return true;
  const [, pid, machine = MACHINE] =
    FILE.exec(name) ?? FOLDER.exec(name) ?? EARLIER_FILE.exec(name) ?? [];
  if (pid === undefined || machine !== MACHINE) return false;
  // In a container every program is process 1: what is older than this one is not its own.
  if (Number(pid) === process.pid) return entry.mtimeMs < Date.now() - process.uptime() * 1000;
  return !isAlive(Number(pid));
}

/** A folder whose place another one was to take. */
const REPLACED = /^\.(.{1,99})\.partial-(?:\d+-)?[0-9a-f]{8,16}\.old$/;

/**
 * Removes what killed processes left in a folder. A result that was moved out of the way for one that never came goes back
 * to its name. Nothing else is touched; a folder that cannot be read or changed stays as it is, since the write that
 * follows says why.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if (!(await isLeftover(path))) continue;
    const replaced = REPLACED.exec(name)?.[1];
    // Where something has that name, the new one came.
    if (replaced !== undefined && (await moved(path, join(folder, replaced)))) continue;
    await rm(path, { force: true, recursive: true }).catch(() => undefined);
  }
}

/** Moves a folder to a name that is free. */
async function moved(from: string, to: string): Promise<boolean> {
  // Renaming replaces an empty folder.
  if ((await stat(to).catch(() => undefined)) !== undefined) return false;
  return rename(from, to).then(
    () => true,
    () => false,
  );
}

const visited = new Set<string>();

/** {@link removeLeftovers}, the first time that this process writes into a folder. */
export async function removeLeftoversOnce(folder: string): Promise<void> {
  if (visited.has(folder)) return;
  visited.add(folder);
  await removeLeftovers(folder);
}
