import { answerCall, type CallHooks } from './answer-call';
import type { PlainCall } from './split-call';

interface Run {
  readonly steps: AsyncGenerator<unknown, unknown, void>;
  readonly controller: AbortController;
  /** What is on its way to a listener. */
  readonly told: Promise<unknown>[];
}

/** {@link CallHooks} over messages. */
export interface RemoteHooks {
  tell(listener: string, event: unknown): Promise<unknown>;
  pull: CallHooks['pull'];
}

/** The side of a worker: calls that run here and are taken step by step, each named by a number of the other side's. */
export class CallHost {
  readonly #runs = new Map<number, Run>();

  open(id: number, call: PlainCall, { tell, pull }: RemoteHooks): void {
    const controller = new AbortController();
    const told: Promise<unknown>[] = [];
    const hooks: CallHooks = { tell: (...event) => void told.push(tell(...event)), pull };
    const steps = answerCall(call, controller.signal, hooks);
    this.#runs.set(id, { steps, controller, told });
  }

  async next(id: number): Promise<IteratorResult<unknown, unknown>> {
    const { steps, told } = this.#runs.get(id)!;
    try {
      return await steps.next();
    } finally {
      // Events arrive before the step that follows them.
      await Promise.all(told.splice(0));
    }
  }

  abort(id: number): void {
    this.#runs.get(id)?.controller.abort();
  }

  /** Stops a run where it is, and frees what it holds. */
  async close(id: number): Promise<void> {
    const run = this.#runs.get(id);
    this.#runs.delete(id);
    await run?.steps.return(undefined);
  }
}
