import type { NodeBackend } from '@latent-matte/backend-node';
import * as tf from '@tensorflow/tfjs-core';
import type { Bench, CompareLabels, Row, TensorLike, Work } from './section';

/** Rounds stop after this many, or when a measurement took this long. */
const MAX_ROUNDS = 15;
const MIN_ROUNDS = 3;
const MAX_MILLISECONDS = 1500;

/** Collects the rows of one section. */
export class SectionBench implements Bench {
  readonly rows: Row[] = [];

  constructor(
    readonly backend: NodeBackend,
    readonly section: string,
    readonly onRow: (row: Row) => void,
    readonly match = '',
  ) {}

  async time(work: Work): Promise<number> {
    return (await fastest([work]))[0];
  }

  async compare(
    name: string,
    ours: Work,
    other: Work,
    { goal, note }: CompareLabels = {},
  ): Promise<void> {
    if (!this.wants(name)) return;
    let reason: string | undefined;
    try {
      await once(other);
    } catch (error) {
      reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    }
    if (reason !== undefined) {
      const milliseconds = await this.time(ours);
      this.row({ name, milliseconds, goal, note: `the other fails: ${reason}` });
      return;
    }
    const [milliseconds, otherMilliseconds] = await fastest([ours, other]);
    this.row({
      name,
      milliseconds,
      otherMilliseconds,
      ratio: otherMilliseconds / milliseconds,
      goal,
      note,
    });
  }

  report(name: string, value: number, unit: string, note?: string): void {
    this.row({ name, value, unit, note });
  }

  skip(name: string, reason: string): void {
    this.row({ name, note: `skipped: ${reason}` });
  }

  wants(name: string): boolean {
    return name.includes(this.match);
  }

  row(row: Omit<Row, 'section'>): void {
    const full = { section: this.section, ...row };
    this.rows.push(full);
    this.onRow(full);
  }
}

/**
 * Milliseconds of the fastest run of each work: what it takes when nothing else wants the processor. They take turns,
 * so that a busy machine hits them alike.
 */
async function fastest(works: readonly Work[]): Promise<number[]> {
  const times: number[][] = works.map(() => []);
  for (const work of works) await once(work);
  const start = performance.now();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const late = performance.now() - start > MAX_MILLISECONDS * works.length;
    if (late && round >= MIN_ROUNDS) break;
    for (const [i, work] of works.entries()) times[i].push(await once(work));
  }
  return times.map((list) => Math.min(...list));
}

/** What `--cpu-time` switches: the processor's time of this process, all threads, in place of the clock's. */
export const timing = { processor: false };

const now = (): number => {
  if (!timing.processor) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Milliseconds of one run until its result can be read. */
async function once(work: Work): Promise<number> {
  const start = now();
  let pending: Promise<unknown> | undefined;
  const tensors = tf.tidy(() => {
    const result = work();
    if (result instanceof Promise) {
      pending = result;
      return [];
    }
    return (Array.isArray(result) ? [...result] : [result]) as unknown as tf.Tensor[];
  }) as readonly TensorLike[];
  await pending;
  // One read waits for all before it; on a GPU nothing else does.
  for (const tensor of tensors) await tensor.data();
  const milliseconds = now() - start;
  for (const tensor of tensors) tensor.dispose();
  return milliseconds;
}
