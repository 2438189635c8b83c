import type { Bench, TensorLike } from '../section';
import type { Peer, PeerJob } from './peer';

/** Rounds end after this many, or when they took this long. */
const ROUNDS = 5;
const MAX_MILLISECONDS = 20_000;

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** CPU milliseconds of this process, all threads, from here on. */
export function processorClock(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}

/**
 * A row: CPU seconds of our work and of the peer's, in turns, medians. `goal` is the largest share of the peer's time
 * that counts as met.
 */
export async function againstPeer(
  bench: Bench,
  peer: Peer,
  name: string,
  ours: () => Promise<unknown> | TensorLike,
  job: PeerJob,
  goal: number,
): Promise<void> {
  if (!bench.wants(name)) return;
  const once = async (): Promise<number> => {
    const elapsed = processorClock();
    const result = await ours();
    if (isTensor(result)) {
      await result.data();
      result.dispose();
    }
    return elapsed();
  };
  await once();
  const [own, theirs]: [number[], number[]] = [[], []];
  let library = '';
  let missing: string | undefined;
  const began = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    own.push(await once());
    if (missing === undefined) {
      const answer = await peer.run(job);
      if (answer.missing === undefined) {
        theirs.push(answer.milliseconds);
        library = answer.library;
      } else missing = answer.missing;
    }
    if (performance.now() - began > MAX_MILLISECONDS) break;
  }
  const milliseconds = median(own);
  if (missing !== undefined) {
    const note = `CPU; peer skipped: ${missing}; goal ≤ ${goal} of it`;
    bench.row({ name, milliseconds, note });
    return;
  }
  const otherMilliseconds = median(theirs);
  const share = (milliseconds / otherMilliseconds).toFixed(2);
  bench.row({
    name,
    milliseconds,
    otherMilliseconds,
    ratio: otherMilliseconds / milliseconds,
    goal: 1 / goal,
    note: `CPU; ${share} of ${library}, goal ≤ ${goal}`,
  });
}

const isTensor = (value: unknown): value is TensorLike =>
  typeof (value as Partial<TensorLike> | undefined)?.dispose === 'function';
