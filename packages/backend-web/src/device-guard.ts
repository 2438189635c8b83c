import {
  AbortedError,
  BackendError,
  ImageTooLargeError,
  LatentMatteError,
  type LongCall,
} from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation, DeviceFailure } from './activation';
import type { ChosenDevice } from './choose-device';

const LOSS_DELAY_MS = 500;

/**
 * Runs enhancements on a device that may be lost: turns its failures into errors of this SDK, and starts a new
 * device for the next run.
 */
export class DeviceGuard {
  #chosen: ChosenDevice;
  readonly #choose: () => Promise<ChosenDevice>;
  #restart: Promise<void> | undefined;

  private constructor(chosen: ChosenDevice, choose: () => Promise<ChosenDevice>) {
    this.#chosen = chosen;
    this.#choose = choose;
  }

  static async start(choose: () => Promise<ChosenDevice>): Promise<DeviceGuard> {
    return new DeviceGuard(await choose(), choose);
  }

  get activation(): Activation {
    return this.#chosen.activation;
  }

  get description(): string {
    return this.#chosen.description;
  }

  dispose(): void {
    this.activation.dispose?.();
  }

  async *run<Step, Result>(
    _call: LongCall,
    here: () => AsyncGenerator<Step, Result, void>,
  ): AsyncGenerator<Step, Result, void> {
    await this.#ready();
    const { activation } = this;
    const run = here();
    try {
      for (;;) {
        const { value, done } = await run.next();
        // WebGPU computes on with zeros after an error.
        const failure = activation.failure?.();
        if (failure !== undefined) throw explain(activation, failure);
        if (done) return value;
        yield value;
      }
    } catch (error) {
      throw await translate(error, activation);
    } finally {
      await run.return(undefined as never).catch(() => undefined);
    }
  }

  /** A device that failed is replaced; runs that start meanwhile wait for the same one. */
  async #ready(): Promise<void> {
    if (this.activation.failure?.() !== undefined) {
      this.#restart ??= this.#replace().finally(() => {
        this.#restart = undefined;
      });
      await this.#restart;
    } else if (tf.getBackend() !== this.activation.device) {
      // Another backend of this SDK, or the application, was at work.
      await tf.setBackend(this.activation.device);
    }
  }

  async #replace(): Promise<void> {
    this.activation.dispose?.();
    this.#chosen = await this.#choose();
  }
}

/** Errors of the SDK stay, those of a device that failed become one. */
async function translate(error: unknown, activation: Activation): Promise<unknown> {
  if (LatentMatteError.isInstance(error) && !(error instanceof AbortedError)) {
    const wrongNumbers = error.code === 'MODEL_OUTPUT' || error.code === 'NO_PERSON';
    if (!wrongNumbers) return error;
  }
  // A lost device fails the calls on it first, and says that it is lost a little later.
  const late = new Promise((resolve) => setTimeout(resolve, LOSS_DELAY_MS));
  if (activation.lost !== undefined) await Promise.race([activation.lost, late]);
  const failure = activation.failure?.();
  if (failure !== undefined) return explain(activation, failure, error);
  if (activation.device === 'wasm' && error instanceof WebAssembly.RuntimeError) {
    return new ImageTooLargeError(
      'WebAssembly ran out of memory.',
      'Use a smaller workingSize or picture, and start the backend again after a reload, or in a new worker.',
    );
  }
  return error;
}

function explain(
  { device }: Activation,
  { kind, message }: DeviceFailure,
  cause?: unknown,
): LatentMatteError {
  switch (kind) {
    case 'out-of-memory':
      return new ImageTooLargeError(
        `The device "${device}" ran out of memory: ${message}.`,
        'Use a smaller workingSize or picture.',
      );
    case 'lost':
      return new BackendError(
        `The device "${device}" was lost (${message}).`,
        'Try again: the next call starts a new device. If it is lost again, use a smaller workingSize or the device "wasm".',
        { cause },
      );
    case 'invalid':
      return new BackendError(
        `The device "${device}" refused an operation: ${message}.`,
        'Use the device "wasm", and report this.',
        { cause },
      );
  }
}
