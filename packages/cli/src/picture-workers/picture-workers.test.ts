import { availableParallelism } from 'node:os';
import { evaluateMatting } from '@latent-matte/backend-node/evaluate';
import { usualWorkers } from '@latent-matte/backend-node/internal';
import { describe, expect, it, vi } from 'vitest';
import { fakeEnhancement, fakeSource } from '../testing/fake-enhancement';
import { startWorkers, threadsFor } from './picture-workers';

describe('startWorkers', () => {
  const pool = {
    workers: 3,
    description: 'fake',
    enhancePortrait: vi.fn(async () => fakeEnhancement(fakeSource())),
    close: vi.fn(async () => undefined),
  };
  const createPool = vi.fn<NonNullable<Parameters<typeof startWorkers>[2]>>(async () => pool);

  it('starts no thread for one picture at a time', async () => {
    for (const options of [
      { device: 'cpu', pictures: 1 },
      { device: 'webgpu', pictures: 9 },
      { device: 'native', pictures: 9, workers: 1 },
    ] as const) {
      const workers = await startWorkers(options, undefined, createPool);
      expect(workers).toMatchObject({ count: 1 });
      expect(workers.enhance).toBeUndefined();
    }
    expect(createPool).not.toHaveBeenCalled();
  });

  it('starts as many as there are cores, and no more than pictures, when nobody says', async () => {
    for (const device of ['native', 'wasm', 'cpu'] as const) {
      createPool.mockClear();
      await startWorkers({ device, pictures: 2 }, undefined, createPool);
      const workers = usualWorkers(device, 2);
      expect(workers).toBe(Math.min(2, availableParallelism()));
      if (workers > 1)
        expect(createPool).toHaveBeenCalledWith(expect.objectContaining({ workers }));
    }
  });

  it('sends pictures to a pool, with models by name', async () => {
    const workers = await startWorkers(
      { device: 'cpu', workers: 3, pictures: 1 },
      undefined,
      createPool,
    );
    const setup = expect.any(URL);
    expect(createPool).toHaveBeenCalledWith({ device: 'cpu', workers: 3, setup });
    const image = fakeSource();
    const data = Float32Array.from({ length: 24 * 16 }, (_, i) => (i % 24) / 23);
    const alpha = { width: 24, height: 16, channels: 1 as const, data };
    const { rows } = await evaluateMatting([{ name: 'a', image, alpha }], {
      model: 'compact',
      steps: 2,
      enhance: workers.enhance!,
    });
    expect(rows).toHaveLength(1);
    expect(pool.enhancePortrait).toHaveBeenCalledWith(image, { model: 'compact', steps: 2 });
    await workers.stop();
    expect(pool.close).toHaveBeenCalledTimes(1);
  });
});

describe('threadsFor', () => {
  it('takes idle cores where one picture is worked on at a time, and one beside others', () => {
    expect(threadsFor(undefined, 1)).toBe('auto');
    expect(threadsFor(undefined, 2)).toBe(1);
    expect(threadsFor(3, 1)).toBe(3);
    expect(() => threadsFor(2, 2)).toThrow('nothing reads --threads');
  });
});
