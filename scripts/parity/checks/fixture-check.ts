import type { Fixture } from '../fixture';
import type { PendingMeasurement } from '../measurement';

/** How one kind of fixture is recomputed through the public code of the packages. One module per room. */
export interface FixtureCheck {
  /** Items it handles, for instance `/^foreground_/`. */
  readonly items: RegExp;
  /** Whether it needs a tfjs backend; one is activated only then. */
  readonly needsBackend: boolean;
  /** Recomputes the item. Throwing counts as a failure. */
  run(
    fixture: Fixture,
    context: CheckContext,
  ): PendingMeasurement[] | Promise<PendingMeasurement[]>;
}

export interface CheckContext {
  /** The folder of fixtures, for `specs/<net>.json` and `formats/`. */
  readonly folder: string;
}
