import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '@latent-matte/core/gradients';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { setActiveBackend } from '../../active-backend';
import type { Backend, LongCall } from '../../contracts';
import { drainSteps } from '../../drain-steps';
import { AbortedError, ImageTooSmallError, InvalidImageError } from '../../errors';
import { estimateForeground } from '../../foreground';
import { labelPortraits } from '../../generate';
import { invertPortrait } from '../../invert';
import { refineMatte } from '../../matting';
import { packError, unpackError } from '../../packed-error';
import {
  registerGenerator,
  registerMattingModel,
  registerPerceptualModel,
  registerTrimapModel,
} from '../../registry';
import {
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockPortrait,
  mockTrimapModel,
} from '../../testing';
import { CallHost } from './call-host';
import { type CallPort, remoteCall } from './remote-call';
import { splitCall } from './split-call';

const plain = { platform: 'node', device: 'cpu', limits: { maxPixels: 1e9 } } as unknown as Backend;
beforeAll(async () => {
  await tf.setBackend('cpu');
  setActiveBackend(plain);
  registerGenerator('mock', (context) => mockGenerator(context));
  registerPerceptualModel('mock', () => mockPerceptualModel());
  registerMattingModel('mock', () => mockMattingModel());
  registerTrimapModel('mock', () => mockTrimapModel());
});
afterAll(() => setActiveBackend(plain));

/** Another thread, as far as data is concerned: everything is cloned, and every error packed. */
function otherThread() {
  const host = new CallHost();
  const log: string[] = [];
  const crossing = async <Value>(work: () => Value | Promise<Value>): Promise<Value> => {
    try {
      return structuredClone(await work());
    } catch (error) {
      throw unpackError(structuredClone(packError(error)));
    }
  };
  const port = (id: number): CallPort => ({
    open: async (call, { tell, pull }) =>
      host.open(id, structuredClone(call), {
        tell: async (...event) => tell(...structuredClone(event)),
        pull: () => crossing(pull),
      }),
    next: () => crossing(() => host.next(id)),
    abort: () => host.abort(id),
    close: () => {
      log.push('closed');
      return crossing(() => host.close(id));
    },
  });
  let runs = 0;
  const run = (call: LongCall) => remoteCall(splitCall(call, 'Use setup.'), port(runs++));
  return { run, log };
}

/** Calls run on the other thread, whose own backend is {@link plain}. */
function elsewhere() {
  const { run, log } = otherThread();
  const answer = async function* (call: LongCall) {
    const steps = run(call);
    setActiveBackend(plain);
    return yield* steps;
  };
  setActiveBackend({ ...plain, run: answer as NonNullable<Backend['run']> });
  return log;
}

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error);
const image = mockPortrait(32, 32);
const map = {
  width: 32,
  height: 32,
  channels: 1,
  data: new Float32Array(1024).map((_, i) => (i % 32) / 31),
} as const;

describe('a call on another thread', () => {
  it('gives what it gives here, tells its listeners, and leaves the pixels with their owner', async () => {
    const here = await estimateForeground(image, map);
    const log = elsewhere();
    const told: number[] = [];
    const there = await estimateForeground(image, map, { onProgress: (done) => told.push(done) });
    expect(there).toEqual(here);
    expect(told.at(-1)).toBe(1);
    expect(log).toEqual(['closed']);
    expect(image).toEqual(mockPortrait(32, 32));
  });

  it('runs with models by name', async () => {
    const options = { generator: 'mock', perceptual: 'mock', steps: 3 } as const;
    const here = await invertPortrait(image, options);
    elsewhere();
    const steps: number[] = [];
    const there = await invertPortrait(image, {
      ...options,
      onProgress: ({ step }) => steps.push(step),
    });
    expect(there.code).toEqual(here.code);
    expect(steps).toEqual(here.history.map(({ step }) => step));
  });

  it('asks for pictures one at a time', async () => {
    const log = elsewhere();
    const asked: string[] = [];
    async function* portraits() {
      try {
        for (let i = 0; i < 5; i++) {
          asked.push(`picture ${i}`);
          yield mockPortrait(64, 64, i);
        }
      } finally {
        asked.push('returned');
      }
    }
    const options = { models: ['mock'] };
    const parts = { trimap: 'mock', generator: 'mock' };
    const weights = { compositional: 0, perceptual: 0, agreement: 0 };
    for await (const { index, image: first } of labelPortraits({
      ...options,
      steps: 0,
      workingSize: 64,
      label: 'plain',
      portraits: portraits(),
      advanced: { ...parts, select: 'last', weights },
    })) {
      expect(first.data).toHaveLength(64 * 64 * 3);
      if (index === 1) break;
    }
    expect(asked).toEqual(['picture 0', 'picture 1', 'returned']);
    expect(log).toEqual(['closed']);
  });

  it('keeps the class of errors, and those of the caller themselves', async () => {
    elsewhere();
    const tiny = { width: 1, height: 1, channels: 1, data: new Float32Array(1) } as const;
    expect(await failure(refineMatte(tiny, tiny, tiny))).toBeInstanceOf(ImageTooSmallError);
    elsewhere();
    expect(await failure(refineMatte(image, map, tiny))).toBeInstanceOf(InvalidImageError);
    elsewhere();
    const mine = new RangeError('mine');
    const onProgress = (): void => {
      throw mine;
    };
    expect(await failure(estimateForeground(image, map, { onProgress }))).toBe(mine);
    elsewhere();
    // biome-ignore lint/correctness/useYield: it fails before
    async function* portraits(): AsyncGenerator<typeof image> {
      throw mine;
    }
    const label = labelPortraits({
      portraits: portraits(),
      models: ['mock'],
      advanced: { trimap: 'mock' },
    });
    expect(await failure(label.next())).toBe(mine);
  });

  it('is cancelled by the signal of the caller, with its reason', async () => {
    const { run } = otherThread();
    const controller = new AbortController();
    const parts = { trimap: 'mock', generator: 'mock' };
    const weights = { entropy: 1, compositional: 0, perceptual: 0, agreement: 0 };
    const options = {
      model: 'mock',
      workingSize: 64,
      advanced: { ...parts, weights, select: 'last' },
    };
    const call: LongCall = {
      name: 'enhancePortrait',
      arguments: [mockPortrait(64, 64), { ...options, steps: 1000, signal: controller.signal }],
    };
    const stop = (): void => controller.abort('enough');
    const error = await failure(drainSteps(run(call), stop));
    expect(error).toBeInstanceOf(AbortedError);
    expect((error as AbortedError).cause).toBe('enough');
    expect((error as AbortedError).best).toBeDefined();
    const late = await failure(drainSteps(run(call), undefined));
    expect((late as Error).message).toBe('Cancelled before the start.');
  });
});
