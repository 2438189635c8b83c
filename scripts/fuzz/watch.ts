import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from './attack';

/** CPU seconds for one input; wall seconds where the system does not tell them. */
const INPUT_SECONDS = 5;
/** Wall seconds for one input, on a machine that is busy with other things: it waits for what never comes. */
const WAIT_SECONDS = 60;
/**
 * Wall seconds for one CPU second. What is asked for are CPU seconds: on a machine that is busy with other things a second of
 * the clock reads five inputs.
 */
const MOST_WALL = 20;
/** After so many the rest would be more of the same. */
const MOST_FINDS = 20;
/** Memory of a process above what it had when it began. */
const MAX_BYTES = 1.5e9;
const LOOK_MILLISECONDS = 100;
const TICKS = 100;
const PAGE = 4096;

/** How an input was not read. */
export interface Find {
  readonly target: string;
  readonly at: number;
  readonly what: string;
}

/**
 * Attacks one target for some seconds of CPU, in processes that are ended when they take too long or too much.
 *
 * @returns what was found, and how many inputs were read
 */
export async function watch(
  bundle: string,
  target: string,
  seed: number,
  seconds: number,
  first = 0,
  most = MOST_FINDS,
): Promise<{ finds: Find[]; read: number }> {
  let left = seconds;
  const finds: Find[] = [];
  let next = first;
  while (left > 0 && finds.length < most) {
    const { at, what, used } = await watchOne(bundle, target, seed, next, left);
    left -= used;
    if (what === undefined) return { finds, read: at - first };
    finds.push({ target, at, what });
    next = at + 1;
  }
  return { finds, read: next - first };
}

/** One process, until the time is up or an input is found. Seconds of CPU, from its first input on. */
function watchOne(
  bundle: string,
  target: string,
  seed: number,
  first: number,
  seconds: number,
): Promise<{ at: number; what?: string; used: number }> {
  const child = fork(
    join('scripts', 'fuzz', 'child.mjs'),
    [bundle, target, `${seed}`, `${first}`],
    {
      execArgv: ['--max-old-space-size=1024'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  let at = first;
  let start: { readonly wall: number; readonly cpu: number } | undefined;
  let arrived: number | undefined;
  let began: { cpu: number; memory: number } | undefined;
  let what: string | undefined;
  let stderr = '';
  child.stderr!.on('data', (text: Buffer) => {
    stderr = `${stderr}${text}`.slice(-2000);
  });
  const end = (found?: string): void => {
    what ??= found;
    child.kill('SIGKILL');
  };
  let memoryBefore: number | undefined;
  /** CPU seconds when it was last looked at: a process that has ended tells none. */
  let latest = 0;
  child.on('message', (message: Message) => {
    at = message.at;
    const used = recently();
    start ??= { wall: performance.now() / 1000, cpu: used?.cpu ?? 0 };
    memoryBefore ??= used?.memory;
    if (secondsSince(used) > seconds) end();
    arrived = performance.now();
    began = used && { cpu: used.cpu, memory: memoryBefore! };
    if ('error' in message) end(message.error);
  });
  let seen: { readonly at: number; readonly usage: ReturnType<typeof usageOf> } | undefined;
  /** Asking takes longer than most inputs do. */
  const recently = (): ReturnType<typeof usageOf> => {
    if (seen === undefined || performance.now() - seen.at > LOOK_MILLISECONDS / 2) {
      seen = { at: performance.now(), usage: usageOf(child.pid!) };
    }
    return seen.usage;
  };
  /** Since the first input. */
  const secondsSince = (now: { cpu: number } | undefined): number => {
    if (start === undefined) return 0;
    latest = Math.max(latest, now === undefined ? 0 : now.cpu - start.cpu);
    return Math.max(latest, (performance.now() / 1000 - start.wall) / MOST_WALL);
  };
  const timer = setInterval(() => {
    if (arrived !== undefined && performance.now() - arrived > WAIT_SECONDS * 1000) {
      end(`does not end within ${WAIT_SECONDS} s`);
    }
    const now = usageOf(child.pid!);
    secondsSince(now);
    if (began === undefined || now === undefined) return;
    if (now.cpu - began.cpu > INPUT_SECONDS) end(`takes more than ${INPUT_SECONDS} s of CPU`);
    if (now.memory - began.memory > MAX_BYTES) end(`takes more than ${MAX_BYTES / 1e9} GB`);
  }, LOOK_MILLISECONDS);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearInterval(timer);
      const ended = signal !== 'SIGKILL' && what === undefined;
      if (ended) what = `ends the process (${signal ?? code}): ${stderr.trim()}`;
      // A process that does not come to its first input would be started for ever.
      const used = start === undefined ? seconds : secondsSince(undefined);
      resolve({ at, used, ...(what !== undefined && { what }) });
    });
  });
}

/** CPU seconds and bytes of a process; undefined where the system has no /proc, or it has ended. */
function usageOf(pid: number): { cpu: number; memory: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const memory = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
    return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, memory };
  } catch {
    return process.platform === 'linux' ? undefined : { cpu: performance.now() / 1000, memory: 0 };
  }
}
