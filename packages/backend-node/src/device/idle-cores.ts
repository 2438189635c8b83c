import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** The shortest look that says something: the clocks of the cores tick every 10 ms. */
const LOOK_MS = 100;

/** Most threads for one picture: what tfjs takes, too; more were never measured. */
const MOST_THREADS = 4;

/** A core counts as idle with so much of it in use: something always runs. */
const IN_USE = 0.25;

/** A moment, in milliseconds: what all cores worked, and this process. */
export interface CoreClocks {
  readonly now: number;
  readonly all: number;
  readonly own: number;
}

export function coreClocks(): CoreClocks {
  const { user, system } = process.cpuUsage();
  const all = cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
  return { now: performance.now(), all, own: (user + system) / 1000 };
}

/**
 * Threads with which one picture is computed on the cores that nobody else worked on between two moments. What this process
 * did itself does not count. At least 1, and no more than there are cores with units of their own or than helps.
 */
export function threadsFor(before: CoreClocks, after: CoreClocks, cores = ownCores()): number {
  const others = Math.max(0, after.all - before.all - (after.own - before.own));
  const idle = cores - others / Math.max(1, after.now - before.now);
  return Math.max(1, Math.min(MOST_THREADS, Math.floor(idle + IN_USE)));
}

/** Looks at the cores since `before`, by default from now on, and for a tenth of a second at least. */
export async function threadsForIdleCores(before = coreClocks()): Promise<number> {
  const cores = ownCores();
  if (cores < 2) return 1;
  const rest = LOOK_MS - (performance.now() - before.now);
  if (rest > 0) await setTimeout(rest);
  return threadsFor(before, coreClocks(), cores);
}

/** Cores that this process may use at the same time: of two threads of one core, one, and no more than its container gets. */
export function ownCores(): number {
  // Where the machine tells nothing of its processors there is no look at what they do.
  if (cpus().length === 0) return 1;
  const available = Math.min(availableParallelism(), quota('/sys/fs/cgroup'));
  return Math.max(1, Math.floor(Math.min(available, coresOf('/sys/devices/system/cpu'))));
}

/** Cores with units of their own. Linux tells which logical ones share them; elsewhere Intel's and AMD's mostly do. */
export function coresOf(folder: string): number {
  try {
    const processors = readdirSync(folder).filter((name) => /^cpu\d+$/.test(name));
    const siblings = processors.map((name) =>
      readFileSync(`${folder}/${name}/topology/thread_siblings_list`, 'utf8').trim(),
    );
    if (siblings.length > 0) return new Set(siblings).size;
  } catch {
    // No Linux, or one that hides them: some containers do.
  }
  return process.arch === 'x64' ? Math.max(1, cpus().length / 2) : cpus().length;
}

/** Cores that a container is given time for: `100000 100000` of cgroup 2 is one, `max` no bound. */
export function quota(folder: string): number {
  try {
    const [most, period] = readFileSync(`${folder}/cpu.max`, 'utf8').split(' ').map(Number);
    const given = most! / period!;
    return given > 0 ? given : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
