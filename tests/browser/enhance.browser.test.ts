/// <reference types="vite/client" />
import {
  AbortedError,
  type Enhancement,
  type EnhancementStep,
  type EnhanceOptions,
  enhancePortrait,
} from '@latent-matte/backend-web';
import {
  BackendError,
  ImageTooLargeError,
  InvalidOptionError,
  NoPersonError,
  UnknownModelError,
} from '@latent-matte/backend-web/core';
import { enhancePortraitSteps, setActiveBackend } from '@latent-matte/backend-web/internal';
import { mockMattingModel, mockPortrait } from '@latent-matte/core/testing';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mocked, mockedBriefly, registerMocks } from './mocks';
import { type Place, type Started, start } from './places';

const portrait = mockPortrait(64, 64);
registerMocks();

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let largest = a.length === b.length ? 0 : Number.NaN;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
};

/** What plain JavaScript finds. */
async function onCpu(options: EnhanceOptions): Promise<Enhancement> {
  await import('@latent-matte/core/gradients');
  await tf.setBackend('cpu');
  setActiveBackend({ platform: 'web', device: 'cpu', limits: {} } as never);
  return await enhancePortrait(portrait, options);
}

describe.each([
  ['wasm', 'page'],
  ['wasm', 'worker'],
  ['webgpu', 'page'],
  ['webgpu', 'worker'],
] as ['wasm' | 'webgpu', Place][])('%s in the %s', (device, place) => {
  const steps = device === 'webgpu' && place === 'worker' ? 3 : 10;
  const options = { ...(device === 'wasm' ? mocked : mockedBriefly), steps };
  let golden: Enhancement;
  let started: Started;
  let before: number;

  beforeAll(async () => {
    golden = await onCpu(options);
    started = await start(place, device);
    before = await started.tensors();
  });
  afterAll(() => started.backend.dispose());

  it('says what it is', () => {
    const { backend } = started;
    expect(backend.device).toBe(device);
    expect(backend.description).toContain(device === 'wasm' ? 'SIMD' : 'swiftshader');
    expect(backend.description.endsWith('in a worker')).toBe(place === 'worker');
    expect(backend.limits.maxPixels).toBeGreaterThan(512 ** 2);
  });

  it('finds what cpu finds, reports steps and phases in order, and leaves no tensor', async () => {
    const seen: unknown[] = [];
    const found = await enhancePortrait(portrait, {
      ...options,
      onProgress: ({ step }) => seen.push(step),
      advanced: { ...options.advanced, onPhase: (phase) => seen.push(phase) },
    });
    const counted = Array.from({ length: steps + 1 }, (_, i) => i);
    expect(seen).toEqual(['load', 'invert', 'optimize', ...counted, 'finish']);
    expect(largestDifference(found.portrait.data, golden.portrait.data)).toBeLessThan(2e-3);
    expect(largestDifference(found.enhanced.alpha.data, golden.enhanced.alpha.data)).toBeLessThan(
      2e-3,
    );
    for (const [i, { losses, total }] of found.history.entries()) {
      const expected = golden.history[i];
      expect(Math.abs(total - expected.total)).toBeLessThan(1e-3);
      expect(Object.keys(losses)).toEqual(Object.keys(expected.losses));
      for (const [name, value] of Object.entries(losses)) {
        const wanted = expected.losses[name as keyof typeof losses]!;
        expect(Math.abs(value - wanted), name).toBeLessThan(1e-3);
      }
    }
    expect(found.bestStep).toBe(golden.bestStep);
    expect(found.settings).toEqual({ ...golden.settings, backend: device });
    expect(await started.tensors()).toBe(before);
  });

  // Once per device is enough where every run takes seconds.
  it.skipIf(device === 'webgpu' && place === 'worker')(
    'gives the same bytes again, and leaves the pixels of the caller alone',
    async () => {
      const twice = [];
      for (let i = 0; i < 2; i++) {
        twice.push(await enhancePortrait(portrait, { ...options, steps: 1 }));
      }
      expect(twice[0].portrait.data).toEqual(twice[1].portrait.data);
      expect(portrait.data).toEqual(mockPortrait(64, 64).data);
    },
  );

  it('steps on demand, with previews, and frees everything when the caller stops early', async () => {
    const seen: EnhancementStep[] = [];
    for await (const step of enhancePortraitSteps(portrait, {
      ...options,
      advanced: { ...options.advanced, previewEvery: 1 },
    })) {
      seen.push(step);
      if (seen.length === 2) break;
    }
    expect(seen.map(({ step }) => step)).toEqual([0, 1]);
    expect(seen[1].preview?.portrait.data).toBeInstanceOf(Float32Array);
    expect(await started.tensors()).toBe(before);
  });

  it('stops at a signal, with the best result so far and the reason', async () => {
    const controller = new AbortController();
    const error = (await failure(
      enhancePortrait(portrait, {
        ...options,
        steps: 1000,
        signal: controller.signal,
        onProgress: ({ step }) => {
          if (step === 1) controller.abort('enough');
        },
      }),
    )) as AbortedError<Enhancement>;
    expect(error).toBeInstanceOf(AbortedError);
    expect(error.best?.portrait.data).toHaveLength(64 * 64 * 3);
    expect(error.best!.history.length).toBeLessThan(10);
    expect(error.cause).toBe('enough');
    expect(await started.tensors()).toBe(before);

    const late = enhancePortrait(portrait, { ...options, signal: AbortSignal.abort() });
    expect(await failure(late)).toBeInstanceOf(AbortedError);
  });

  it('throws its errors as what they are', async () => {
    const unknown = await failure(enhancePortrait(portrait, { ...options, model: 'nobody' }));
    expect(unknown).toBeInstanceOf(UnknownModelError);
    expect((unknown as UnknownModelError).remedy).toContain('Registered:');

    const black = { ...portrait, data: new Float32Array(portrait.data.length) };
    expect(await failure(enhancePortrait(black, options))).toBeInstanceOf(NoPersonError);

    const steps = await failure(enhancePortrait(portrait, { ...options, steps: -1 }));
    expect(steps).toBeInstanceOf(InvalidOptionError);

    const listener = () => {
      throw new RangeError('the listener');
    };
    const thrown = await failure(
      enhancePortrait(portrait, {
        ...options,
        advanced: { ...options.advanced, onPhase: listener },
      }),
    );
    expect(String(thrown)).toContain('the listener');

    if (place === 'worker') {
      const model = { ...options, model: mockMattingModel() };
      expect(String(await failure(enhancePortrait(portrait, model)))).toContain(
        'model is a model of this thread',
      );
    }
    expect(await started.tensors()).toBe(before);
  });

  it('refuses what would not fit, before it is tried', async () => {
    const { maxSourcePixels } = started.backend.limits;
    expect(maxSourcePixels).toBeGreaterThan(20e6);
    if (device === 'webgpu') return;
    const side = Math.ceil(Math.sqrt(maxSourcePixels!)) + 1;
    const data = new Uint8Array(side * side * 3);
    const huge = { width: side, height: side, channels: 3, data } as const;
    expect(await failure(enhancePortrait(huge, options))).toBeInstanceOf(ImageTooLargeError);

    const working = await failure(
      enhancePortrait(portrait, { ...options, model: 'mock-huge', workingSize: 1056 }),
    );
    expect(working).toBeInstanceOf(ImageTooLargeError);
    expect(String(working)).toMatch(/1056×1056 pixels is too large for the device "wasm"/);
    expect(await started.tensors()).toBe(before);
  });

  it.runIf(device === 'webgpu')('reports a lost device, and goes on with a new one', async () => {
    let lost: Promise<void> | undefined;
    const during = await failure(
      enhancePortrait(portrait, {
        ...options,
        steps: 1000,
        onProgress: ({ step }) => {
          if (step === 1) lost = started.loseDevice();
        },
      }),
    );
    await lost;
    expect(during).toBeInstanceOf(BackendError);
    expect(String(during)).toContain('was lost');
    expect((during as BackendError).remedy).toContain('Try again');

    const next = await enhancePortrait(portrait, { ...options, steps: 1 });
    expect(next.history).toHaveLength(2);
    expect(Math.abs(next.history[1].total - golden.history[1].total)).toBeLessThan(1e-3);
    expect(await started.tensors()).toBe(before);
    if (place === 'worker') return;

    // Nobody was computing: nobody needs to know.
    await started.loseDevice();
    const idle = await enhancePortrait(portrait, { ...options, steps: 1 });
    expect(idle.history).toHaveLength(2);
    expect(await started.tensors()).toBe(before);
  });
});
