import * as tf from '@tensorflow/tfjs-core';
import type { LongCall } from '../../contracts';
import { AbortedError, LatentMatteError, type LatentMatteErrorCode } from '../../errors';
import { isPlainCall } from '../calls/plain-values';
import { signalOf } from '../calls/signal-of';
import type { Activation } from './activation';
import type { ChosenDevice } from './choose-device';
import type { DeviceFailure } from './device-failure';

/** What a device that hands out zeros makes of a picture; errors of other kinds are what they say. */
const wrongNumbers: ReadonlySet<LatentMatteErrorCode> = new Set([
  'MODEL_OUTPUT',
  'NO_PERSON',
  'ABORTED',
]);

/**
 * Runs long calls on a device that may fail. A call keeps the device it began on; whatever happens to another meanwhile
 * is nothing to it.
 *
 *     well ──failure──▶ failed ──the next call──▶ starting ──▶ well, on the same device or the next that works
 *
 * A call whose device is lost is run a second time where nobody can notice but by the clock: before its first step, with
 * arguments that do not live on the device. Otherwise, and at the second loss, it throws what happened; so it does when
 * memory was full or a computation was refused. The next call starts a new device, one for all that wait.
 */
export class DeviceRecovery<Device extends string> {
  #chosen: ChosenDevice<Device>;
  readonly #choose: (from?: Device) => Promise<ChosenDevice<Device>>;
  /** Devices that failed by an error which they do not remember themselves. */
  readonly #failed = new WeakSet<Activation>();
  #starting: Promise<void> | undefined;

  private constructor(
    chosen: ChosenDevice<Device>,
    choose: (from?: Device) => Promise<ChosenDevice<Device>>,
  ) {
    this.#chosen = chosen;
    this.#choose = choose;
  }

  /** @param choose starts a device: any, or after a failure the one that failed or another */
  static async start<Device extends string>(
    choose: (from?: Device) => Promise<ChosenDevice<Device>>,
  ): Promise<DeviceRecovery<Device>> {
    return new DeviceRecovery(await choose(), choose);
  }

  get activation(): Activation {
    return this.#chosen.activation;
  }

  /** The device in use, by the name under which it can be asked for. */
  get device(): Device {
    return this.#chosen.device;
  }

  get description(): string {
    return this.#chosen.description;
  }

  dispose(): void {
    this.activation.dispose?.();
  }

  /** The `run` of a backend. */
  async *run<Step, Result>(
    call: LongCall,
    here: () => AsyncGenerator<Step, Result, void>,
  ): AsyncGenerator<Step, Result, void> {
    const signal = signalOf(call);
    for (let attempt = 1; ; attempt++) {
      const activation = await this.#ready(signal);
      const steps = here();
      let told = false;
      let failure: DeviceFailure | undefined;
      try {
        for (;;) {
          const { value, done } = await steps.next();
          if (done) await activation.settle?.();
          failure = activation.failure?.();
          if (failure !== undefined) throw failure.error();
          if (done) return value;
          told = true;
          yield value;
        }
      } catch (error) {
        const known = failure;
        failure ??= await failureBehind(error, activation);
        if (failure !== undefined) this.#failed.add(activation);
        const repeat = failure?.kind === 'lost' && attempt === 1 && !told && isPlainCall(call);
        if (!repeat || signal?.aborted) throw known ? error : (failure?.error(error) ?? error);
      } finally {
        await steps.return(undefined as never).catch(() => undefined);
      }
    }
  }

  /** The device of the next call, started anew where it failed. */
  async #ready(signal: AbortSignal | undefined): Promise<Activation> {
    const { activation } = this;
    if (this.#failed.has(activation) || activation.failure?.() !== undefined) {
      this.#starting ??= this.#restart().finally(() => {
        this.#starting = undefined;
      });
      await unlessAborted(this.#starting, signal);
    } else if (tf.getBackend() !== activation.backend) {
      // Another backend of this SDK, or the application, was at work.
      await tf.setBackend(activation.backend);
    }
    return this.activation;
  }

  async #restart(): Promise<void> {
    this.#failed.add(this.activation);
    this.activation.dispose?.();
    this.#chosen = await this.#choose(this.#chosen.device);
  }
}

/** What the device has to say about an error. Errors of the SDK stay what they are, unless zeros explain them. */
async function failureBehind(
  error: unknown,
  activation: Activation,
): Promise<DeviceFailure | undefined> {
  if (LatentMatteError.isInstance(error) && !wrongNumbers.has(error.code)) return undefined;
  return (await activation.explain?.(error)) ?? activation.failure?.();
}

/** Waits, but not longer than the caller does. @throws AbortedError */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await work;
  // Others may go on waiting for it; when nobody does, the next call tells what became of it.
  work.catch(() => undefined);
  let leave: (() => void) | undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () =>
      reject(
        new AbortedError('Cancelled while the device was started anew.', undefined, {
          cause: signal.reason,
        }),
      );
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
  });
  try {
    await Promise.race([work, left]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}
