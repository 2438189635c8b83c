import type { NodeBackend } from '@latent-matte/backend-node';

/**
 * One part of `pnpm bench`. To add one: a file in `sections/` that exports a `Section`, and a line in
 * `sections/index.ts`.
 */
export interface Section {
  /** For `--only`. */
  readonly name: string;
  /** One line, printed above the rows. */
  readonly title: string;
  /** Takes minutes: runs only when `--only` names it. */
  readonly onRequest?: boolean;
  /**
   * Measures and reports through `bench`, one row at a time. A row that cannot be measured is reported with its
   * reason (`bench.skip`); an error thrown here ends the section and fails the run.
   */
  run(bench: Bench): Promise<void>;
}

/** What a section measures with. */
export interface Bench {
  /** The device that `--device` asked for, started. */
  readonly backend: NodeBackend;
  /** Milliseconds of the fastest run of `work` after warming up; what it returns is read back and disposed. */
  time(work: Work): Promise<number>;
  /** A ratio of two ways to do the same, timed in turns; above 1 means that ours is faster. */
  compare(name: string, ours: Work, other: Work, labels?: CompareLabels): Promise<void>;
  /** Whether `--match` lets a row of this name through. */
  wants(name: string): boolean;
  /** A row that was measured otherwise. */
  row(row: Omit<Row, 'section'>): void;
  /** A single figure. */
  report(name: string, value: number, unit: string, note?: string): void;
  /** A row without a figure, and why. */
  skip(name: string, reason: string): void;
}

/** Runs inside `tf.tidy` when it returns tensors at once; a promise is awaited as it is. */
export type Work = () => TensorLike | readonly TensorLike[] | Promise<unknown>;

export interface TensorLike {
  data(): Promise<unknown>;
  dispose(): void;
}

export interface CompareLabels {
  /** Smallest ratio that counts as met; the row is marked when it is missed. */
  readonly goal?: number;
  /** Printed behind the row. */
  readonly note?: string;
}

/** One line of the result, also of `--json`. */
export interface Row {
  readonly section: string;
  readonly name: string;
  readonly milliseconds?: number;
  readonly otherMilliseconds?: number;
  readonly ratio?: number;
  readonly value?: number;
  readonly unit?: string;
  readonly goal?: number;
  readonly note?: string;
}
