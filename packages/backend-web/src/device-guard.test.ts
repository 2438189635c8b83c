import { BackendError, ImageTooLargeError, NoPersonError } from '@latent-matte/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Activation, DeviceFailure } from './activation';
import { DeviceGuard } from './device-guard';

afterEach(() => vi.restoreAllMocks());

/** A device that fails when told to, and counts how often it was made and given back. */
async function guarded() {
  const made: { failure?: DeviceFailure; disposed: boolean }[] = [];
  const guard = await DeviceGuard.start(async () => {
    const device: (typeof made)[number] = { disposed: false };
    made.push(device);
    const activation = {
      device: 'wasm',
      failure: () => device.failure,
      dispose: () => {
        device.disposed = true;
      },
    } as Activation;
    return { activation, description: `number ${made.length}` };
  });
  return { guard, made };
}

type Here = () => AsyncGenerator<unknown, unknown, void>;

const drain = async (guard: DeviceGuard, here: Here): Promise<unknown> => {
  try {
    const run = guard.run({ name: 'enhancePortrait', arguments: [] }, here);
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value;
    }
  } catch (error) {
    return error;
  }
};

const steps = (during: () => void): Here =>
  async function* () {
    yield { step: 0 };
    during();
    return 'result';
  };

vi.mock('@tensorflow/tfjs-core', async (original) => ({
  ...(await original<object>()),
  getBackend: () => 'wasm',
}));

describe('DeviceGuard', () => {
  it('passes results and errors of the SDK through', async () => {
    const { guard, made } = await guarded();
    expect(
      await drain(
        guard,
        steps(() => undefined),
      ),
    ).toBe('result');
    const error = new NoPersonError('Nobody.', 'Look.');
    const fails = steps(() => {
      throw error;
    });
    expect(await drain(guard, fails)).toBe(error);
    expect(made).toHaveLength(1);
  });

  it.each([
    ['lost', BackendError, 'was lost (gone)'],
    ['invalid', BackendError, 'refused an operation: gone'],
    ['out-of-memory', ImageTooLargeError, 'ran out of memory: gone'],
  ] as const)(
    'explains a device that is %s, and has a new one next time',
    async (kind, type, words) => {
      const { guard, made } = await guarded();
      const error = await drain(
        guard,
        steps(() => {
          made[0].failure = { kind, message: 'gone' };
        }),
      );
      expect(error).toBeInstanceOf(type);
      expect(String(error)).toContain(words);
      expect(
        await drain(
          guard,
          steps(() => undefined),
        ),
      ).toBe('result');
      expect(made).toHaveLength(2);
      expect(made[0].disposed).toBe(true);
      expect(guard.description).toBe('number 2');
    },
  );

  it('takes a crash of WebAssembly for a full memory', async () => {
    const { guard } = await guarded();
    const crash = steps(() => {
      throw new WebAssembly.RuntimeError('memory access out of bounds');
    });
    expect(await drain(guard, crash)).toBeInstanceOf(ImageTooLargeError);
  });
});
