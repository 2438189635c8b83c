import { evaluateMatting } from '@latent-matte/backend-node/evaluate';
import { describe, expect, it, vi } from 'vitest';
import { fakeEnhancement, fakeSource } from '../testing/fake-enhancement';
import { startWorkers } from './picture-workers';

describe('startWorkers', () => {
  const pool = {
    workers: 3,
    description: 'fake',
    enhancePortrait: vi.fn(async () => fakeEnhancement(fakeSource())),
    close: vi.fn(async () => undefined),
  };
  const createPool = vi.fn<NonNullable<Parameters<typeof startWorkers>[2]>>(async () => pool);

  it('starts no thread for one picture at a time', async () => {
    const workers = await startWorkers({ device: 'cpu' }, undefined, createPool);
    expect(workers).toMatchObject({ count: 1 });
    expect(workers.enhance).toBeUndefined();
    expect(createPool).not.toHaveBeenCalled();
  });

  it('sends pictures to a pool, with models by name', async () => {
    const workers = await startWorkers({ device: 'cpu', workers: 3 }, undefined, createPool);
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
