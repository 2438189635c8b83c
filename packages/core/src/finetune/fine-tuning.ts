import type { MatteErrors } from '../metrics';
import type { FineTuneSettings } from './options';
import type { FineTuneRecord } from './types';

/** What `fineTune` did. Plain data; the model holds the best weights. */
export interface FineTuning {
  readonly model: string;
  /** Updates made. */
  readonly steps: number;
  /** The step whose weights the model holds. 0 = no step was better than the start. */
  readonly bestStep: number;
  readonly stoppedEarly: boolean;
  /** Means over the validation pairs before the first update; absent without `validation`. */
  readonly before?: MatteErrors;
  /** The same with the weights the model holds now. */
  readonly after?: MatteErrors;
  /** One entry per step. */
  readonly history: readonly FineTuneRecord[];
  readonly seconds: number;
  readonly settings: FineTuneSettings;
  /** Options that nothing read, one sentence each. */
  readonly warnings: readonly string[];
}
