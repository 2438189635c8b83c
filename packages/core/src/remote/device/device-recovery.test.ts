import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LongCall } from '../../contracts';
import { drainSteps } from '../../drain-steps';
import { AbortedError, BackendError, ImageTooLargeError, NoPersonError } from '../../errors';
import type { Activation } from './activation';
import { chooseDevice, type DeviceDriver } from './choose-device';
import { computationRefused, type DeviceFailure, deviceLost, memoryFull } from './device-failure';
import { DeviceRecovery } from './device-recovery';

let inUse = 'fake';
vi.mock('@tensorflow/tfjs-core', async (original) => ({
  ...(await original<object>()),
  getBackend: () => inUse,
  setBackend: async (name: string) => {
    inUse = name;
  },
}));
beforeEach(() => {
  inUse = 'fake';
});

interface FakeDevice {
  failure?: DeviceFailure;
  disposed: boolean;
}

type Name = 'fast' | 'slow';

/** Devices that fail when told to. @param refuse what `activate` refuses, by number of the attempt */
async function fakes(refuse: (attempt: number, name: Name) => boolean = () => false) {
  const made: FakeDevice[] = [];
  let attempts = 0;
  let gate: Promise<void> = Promise.resolve();
  const driver: DeviceDriver<Name> = {
    devices: ['fast', 'slow'],
    remedies: { fast: 'Buy one.', slow: 'Wait.' },
    activate: async (name) => {
      await gate;
      if (refuse(++attempts, name)) return { refused: 'it is not there' };
      const device: FakeDevice = { disposed: false };
      made.push(device);
      const activation: Activation = {
        backend: 'fake',
        version: '1',
        detail: `number ${made.length}`,
        limits: { maxPixels: 1 },
        failure: () => device.failure,
        explain: async (error) =>
          error instanceof WebAssembly.RuntimeError ? memoryFull('fake', 'a trap') : undefined,
        dispose: () => {
          device.disposed = true;
        },
      };
      return activation;
    },
  };
  const recovery = await DeviceRecovery.start((from?: Name) => chooseDevice('auto', driver, from));
  const hold = () => {
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };
  return { recovery, made, hold };
}

const call: LongCall = { name: 'enhancePortrait', arguments: [{}, { steps: 1 }] };
const withModel: LongCall = { name: 'enhancePortrait', arguments: [{}, { reference: {} }] };
const lost = (): DeviceFailure => deviceLost('fake', 'gone');

type Here = () => AsyncGenerator<string, string, void>;

/** A call that takes one step, and the times it was begun. */
function stepping(
  before: (times: number) => void,
  after: (times: number) => void = () => undefined,
) {
  const count = { times: 0 };
  const here: Here = async function* () {
    const times = ++count.times;
    before(times);
    yield 'step';
    after(times);
    return 'result';
  };
  return { here, count };
}

const run = async (
  recovery: DeviceRecovery<Name>,
  here: Here,
  options: LongCall = call,
): Promise<unknown> =>
  drainSteps(recovery.run(options, here), undefined).catch((error: unknown) => error);

const works = stepping(() => undefined).here;

describe('DeviceRecovery', () => {
  it('passes steps, results and errors of the SDK through', async () => {
    const { recovery, made } = await fakes();
    expect(await run(recovery, works)).toBe('result');
    const error = new NoPersonError('Nobody.', 'Look.');
    const fails = stepping(() => {
      throw error;
    });
    expect(await run(recovery, fails.here)).toBe(error);
    expect(made).toHaveLength(1);
    expect(recovery.description).toBe('fast: number 1; the fastest that works');
  });

  it('begins a call again whose device was lost before its first step', async () => {
    const { recovery, made } = await fakes();
    const { here, count } = stepping((times) => {
      if (times > 1) return;
      made[0]!.failure = lost();
      throw new TypeError('nothing to read from');
    });
    expect(await run(recovery, here)).toBe('result');
    expect(count.times).toBe(2);
    expect(made).toHaveLength(2);
    expect(made[0]!.disposed).toBe(true);
  });

  it('explains the second loss, and has a new device for the next call', async () => {
    const { recovery, made } = await fakes();
    const { here, count } = stepping(() => {
      made.at(-1)!.failure = lost();
      throw new TypeError('nothing to read from');
    });
    const error = await run(recovery, here);
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toContain('The device "fake" failed: the GPU was lost (gone).');
    expect((error as BackendError).cause).toBeInstanceOf(TypeError);
    expect(count.times).toBe(2);
    expect(await run(recovery, works)).toBe('result');
    expect(made).toHaveLength(3);
  });

  it('does not begin again what took a step, or what holds a model', async () => {
    const { recovery, made } = await fakes();
    const late = stepping(
      () => undefined,
      () => {
        made.at(-1)!.failure = lost();
      },
    );
    expect(await run(recovery, late.here)).toBeInstanceOf(BackendError);
    expect(late.count.times).toBe(1);
    const early = stepping(() => {
      made.at(-1)!.failure = lost();
      throw new TypeError('nothing to read from');
    });
    expect(await run(recovery, early.here, withModel)).toBeInstanceOf(BackendError);
    expect(early.count.times).toBe(1);
    expect(made).toHaveLength(2);
  });

  it.each([
    ['out-of-memory', memoryFull('fake', 'gone'), ImageTooLargeError, 'ran out of memory: gone'],
    ['invalid', computationRefused('fake', 'gone'), BackendError, 'refused a computation (gone)'],
  ] as const)('explains %s, which nobody threw, and does not try again', async (...row) => {
    const [, failure, type, words] = row;
    const { recovery, made } = await fakes();
    const { here, count } = stepping(() => {
      made[0]!.failure = failure;
    });
    const error = await run(recovery, here);
    expect(error).toBeInstanceOf(type);
    expect(String(error)).toContain(words);
    expect(count.times).toBe(1);
    expect(await run(recovery, works)).toBe('result');
    expect(made).toHaveLength(2);
  });

  it('remembers a trap, which the device does not', async () => {
    const { recovery, made } = await fakes();
    const trap = stepping(() => {
      throw new WebAssembly.RuntimeError('memory access out of bounds');
    });
    expect(await run(recovery, trap.here)).toBeInstanceOf(ImageTooLargeError);
    expect(await run(recovery, works)).toBe('result');
    expect(made).toHaveLength(2);
  });

  it('lets zeros explain what they look like', async () => {
    const { recovery, made } = await fakes();
    const nobody = stepping((times) => {
      if (times > 1) return;
      made[0]!.failure = lost();
      throw new NoPersonError('Nobody.', 'Look.');
    });
    expect(await run(recovery, nobody.here)).toBe('result');
  });

  it('starts one device for all that wait, and keeps each call on its own', async () => {
    const { recovery, made } = await fakes();
    // The first two begin on device 1, which is lost when the second looks.
    const first = stepping((times) => {
      if (times === 1) throw Object.assign(new TypeError('dead'), { device: 1 });
    });
    const second = stepping((times) => {
      if (times > 1) return;
      made[0]!.failure = lost();
      throw new TypeError('dead');
    });
    const results = await Promise.all([
      run(recovery, second.here),
      run(recovery, first.here),
      run(recovery, works),
    ]);
    expect(results).toEqual(['result', 'result', 'result']);
    expect(made).toHaveLength(2);
  });

  it('leaves at the signal while the device starts, and lets the others wait on', async () => {
    const { recovery, made, hold } = await fakes();
    made[0]!.failure = lost();
    const open = hold();
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = run(recovery, works, { ...call, arguments: [{}, { signal }] });
    const waiting = run(recovery, works);
    controller.abort('enough');
    const error = await aborted;
    expect(error).toBeInstanceOf(AbortedError);
    expect((error as AbortedError).cause).toBe('enough');
    open();
    expect(await waiting).toBe('result');
    expect(made).toHaveLength(2);
  });

  it('does not begin again after the signal', async () => {
    const { recovery, made } = await fakes();
    const controller = new AbortController();
    const { here, count } = stepping(() => {
      made[0]!.failure = lost();
      controller.abort();
      throw new TypeError('dead');
    });
    const options = { ...call, arguments: [{}, { signal: controller.signal }] };
    expect(await run(recovery, here, options)).toBeInstanceOf(BackendError);
    expect(count.times).toBe(1);
  });

  it('goes on with the next device that works, or says that there is none', async () => {
    const { recovery, made } = await fakes((attempt, name) => attempt > 1 && name === 'fast');
    made[0]!.failure = lost();
    expect(await run(recovery, works)).toBe('result');
    expect(recovery.description).toBe('slow: number 2; no fast: it is not there');

    const none = await fakes((attempt) => attempt === 2 || attempt === 3);
    none.made[0]!.failure = lost();
    const error = await run(none.recovery, works);
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toContain('No compute device can be used: no fast: it is not there');
    expect(await run(none.recovery, works)).toBe('result');
  });

  it('takes its backend back from the application', async () => {
    const { recovery } = await fakes();
    inUse = 'another';
    await run(recovery, works);
    expect(inUse).toBe('fake');
  });

  it('frees a call that is not read to its end', async () => {
    const { recovery } = await fakes();
    let freed = false;
    const here: Here = async function* () {
      try {
        yield 'step';
        return 'result';
      } finally {
        freed = true;
      }
    };
    for await (const _ of recovery.run(call, here)) break;
    expect(freed).toBe(true);
  });
});
