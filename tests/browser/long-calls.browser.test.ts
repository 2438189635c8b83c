/// <reference types="vite/client" />
import { AbortedError, estimateForeground, refineMatte } from '@latent-matte/backend-web';
import {
  closedFormMatting,
  type EstimateForegroundOptions,
  InvalidOptionError,
  invertPortrait,
} from '@latent-matte/backend-web/core';
import {
  type GeneratedPair,
  generatePortraits,
  labelPortraits,
} from '@latent-matte/backend-web/generate';
import { setActiveBackend } from '@latent-matte/backend-web/internal';
import { mockGenerator, mockPortrait } from '@latent-matte/core/testing';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerMocks } from './mocks';
import { type Started, start } from './places';

registerMocks();
const photo = mockPortrait(64, 64);
const ramp = {
  width: 64,
  height: 64,
  channels: 1,
  data: new Float32Array(64 * 64).map((_, i) => (i % 64) / 63),
} as const;

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** What this thread finds without a worker. */
async function here<Result>(run: () => Promise<Result>): Promise<Result> {
  await import('@latent-matte/core/gradients');
  await tf.setBackend('cpu');
  setActiveBackend({ platform: 'web', device: 'cpu', limits: {} } as never);
  return await run();
}

describe('with a worker', () => {
  let started: Started;
  beforeAll(async () => {
    started = await start('worker', 'wasm');
  });
  afterAll(() => started.backend.dispose());
  const there = async <Result>(run: () => Promise<Result>): Promise<Result> => {
    setActiveBackend(started.backend);
    const before = await started.tensors();
    try {
      return await run();
    } finally {
      expect(await started.tensors()).toBe(before);
    }
  };

  it('layers and mattes are those of this thread, to the bit', async () => {
    const calls = [
      () => estimateForeground(photo, ramp),
      () => refineMatte(photo, ramp, ramp),
      () => closedFormMatting(photo, ramp),
    ];
    for (const call of calls) expect(await there<unknown>(call)).toEqual(await here<unknown>(call));
    expect(photo.data).toEqual(mockPortrait(64, 64).data);
  });

  it('the page stays alive, hears of the progress, and can stop it with a reason', async () => {
    const large = mockPortrait(512, 512);
    const data = new Float32Array(512 * 512).map((_, i) => (i % 512) / 511);
    const alpha = { width: 512, height: 512, channels: 1, data } as const;
    const options: EstimateForegroundOptions = { method: 'closed-form' };
    const controller = new AbortController();
    const shares: number[] = [];
    const error = await there(() =>
      failure(
        estimateForeground(large, alpha, {
          ...options,
          signal: controller.signal,
          onProgress: (share) => {
            if (shares.push(share) === 2) controller.abort('enough');
          },
        }),
      ),
    );
    expect(error).toBeInstanceOf(AbortedError);
    expect((error as AbortedError).cause).toBe('enough');
    expect(shares[1]).toBeGreaterThanOrEqual(shares[0]!);
  });

  it('inverts with models by name, step by step', async () => {
    const options = { generator: 'mock-mapping', perceptual: 'mock', steps: 6 };
    const expected = await here(() => invertPortrait(photo, options));
    const seen: number[] = [];
    const found = await there(() =>
      invertPortrait(photo, { ...options, onProgress: ({ step }) => seen.push(step) }),
    );
    expect(seen.length).toBeGreaterThan(6);
    expect(seen).toEqual(expected.history.map(({ step }) => step));
    expect(Math.abs(found.psnr - expected.psnr)).toBeLessThan(0.1);
    expect(found.code.styles.shape).toEqual(expected.code.styles.shape);
  });

  it('makes pairs, one after the other, and those that are not asked for not at all', async () => {
    const progress: number[] = [];
    const pairs: GeneratedPair[] = [];
    await there(async () => {
      for await (const pair of generatePortraits({
        generator: 'mock-mapping',
        noise: 'generator',
        truncation: 0.1,
        models: ['mock'],
        trimap: 'mock',
        discriminator: 'mock',
        count: 100,
        steps: 1,
        label: 'plain',
        onProgress: ({ done }) => progress.push(done),
      })) {
        pairs.push(pair);
        if (pairs.length === 2) break;
      }
    });
    expect(pairs.map(({ index }) => index)).toEqual([0, 1]);
    expect(pairs[1]!.image.data).toBeInstanceOf(Float32Array);
    expect(Math.max(...progress)).toBeLessThan(4);
  });

  it('labels pictures that it asks the page for', async () => {
    let taken = 0;
    async function* portraits() {
      for (;;) yield mockPortrait(64, 64, taken++);
    }
    const indices: number[] = [];
    await there(async () => {
      for await (const { index } of labelPortraits({
        portraits: portraits(),
        models: ['mock'],
        steps: 1,
        workingSize: 64,
        label: 'plain',
        advanced: {
          trimap: 'mock',
          generator: 'mock',
          weights: { agreement: 0, compositional: 0, perceptual: 0 },
          select: 'last',
        },
      })) {
        indices.push(index);
        if (index === 1) break;
      }
    });
    expect(indices).toEqual([0, 1]);
    expect(taken).toBe(2);
  });

  it('refuses a model of the page, and says where to put it', async () => {
    const generator = await here(async () => mockGenerator({ image: tf.zeros([1, 8, 8, 3]) }));
    const error = await there(() => failure(invertPortrait(photo, { generator })));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(String(error)).toMatch(/generator is a model of this thread.*worker script of yours/);
    generator.dispose();
  });

  it('ends with the error of a listener, as it is', async () => {
    const mine = new RangeError('mine');
    const onProgress = (): void => {
      throw mine;
    };
    expect(await there(() => failure(refineMatte(photo, ramp, ramp, { onProgress })))).toBe(mine);
  });
});
