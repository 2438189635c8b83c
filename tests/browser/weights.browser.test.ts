/// <reference types="vite/client" />

import { enhancePortrait, readImage, useWebBackend } from '@latent-matte/backend-web';
import type { WeightFile } from '@latent-matte/backend-web/core';
import { WeightsError } from '@latent-matte/backend-web/core';
import {
  clearWeightCache,
  createWeightResolver,
  loadCompactTrimap,
} from '@latent-matte/backend-web/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import photo from '../../examples/quickstart/astronaut-portrait.png?url';
import { wasmPaths } from './places';

const CACHE = 'latent-matte-weights';
const stored = async (): Promise<readonly Request[]> => (await caches.open(CACHE)).keys();

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** A resolver, and the URLs it fetched. */
function counting() {
  const fetched: string[] = [];
  const resolveWeights = createWeightResolver({
    fetch: (url, init) => {
      fetched.push(url);
      return fetch(url, init);
    },
  });
  return { fetched, resolveWeights };
}

describe('weights in the Cache API', () => {
  beforeAll(clearWeightCache);
  afterAll(clearWeightCache);

  it('are fetched once, and from the cache in the next session', async () => {
    const first = counting();
    await useWebBackend({ device: 'wasm', wasmPaths, resolveWeights: first.resolveWeights });
    (await loadCompactTrimap()).dispose();
    expect(first.fetched).toHaveLength(1);
    expect(await stored()).toHaveLength(1);

    const second = counting();
    await useWebBackend({ device: 'wasm', wasmPaths, resolveWeights: second.resolveWeights });
    (await loadCompactTrimap()).dispose();
    expect(second.fetched).toEqual([]);
  });

  it('are fetched again when the cache was poisoned, and the poison is gone', async () => {
    const [entry] = await stored();
    const cache = await caches.open(CACHE);
    const good = await (await cache.match(entry))!.arrayBuffer();
    const bad = good.slice(0);
    new Uint8Array(bad)[1000] ^= 1;
    for (const poison of [bad, good.slice(0, 1000), new ArrayBuffer(0)]) {
      await cache.put(entry, new Response(poison));
      const { fetched, resolveWeights } = counting();
      await useWebBackend({ device: 'wasm', wasmPaths, resolveWeights });
      (await loadCompactTrimap()).dispose();
      expect(fetched).toHaveLength(1);
      const kept = new Uint8Array(await (await cache.match(entry))!.arrayBuffer());
      // Not toEqual, which takes half a minute for two megabytes.
      expect(sameBytes(kept, new Uint8Array(good))).toBe(true);
    }
  });

  it('are checked before they are kept', async () => {
    await clearWeightCache();
    const bytes = new Uint8Array(64);
    const file: WeightFile = {
      url: URL.createObjectURL(new Blob([bytes])),
      size: 64,
      sha256: '0'.repeat(64),
    };
    await expect(createWeightResolver()(file)).rejects.toThrow(WeightsError);
    expect(await stored()).toEqual([]);
  });
});

describe('the worker of the package, with the embedded networks', () => {
  it('cuts out a photo without a word from the page, and asks the page for weights when told to', async () => {
    const bitmap = await createImageBitmap(await (await fetch(photo)).blob());
    const requested: WeightFile[] = [];
    const here = createWeightResolver();
    const backend = await useWebBackend({
      device: 'wasm',
      wasmPaths,
      worker: true,
      resolveWeights: (file, onProgress) => {
        requested.push(file);
        return here(file, onProgress);
      },
    });
    try {
      const { portrait, enhanced } = await enhancePortrait(await readImage(bitmap), {
        steps: 1,
        workingSize: 64,
        advanced: { weights: { agreement: 0 }, select: 'last' },
      });
      expect(portrait).toMatchObject({ width: 272, height: 300, channels: 3 });
      const { data } = enhanced.alpha;
      // The face is in, the corner is out.
      expect(data[150 * 272 + 136]).toBeGreaterThan(0.9);
      expect(data[2 * 272 + 2]).toBeLessThan(0.1);
      // One file holds the trimap and the matting network.
      expect(requested.map(({ url }) => String(url).split('/').at(-1))).toEqual([
        'portrait.safetensors',
      ]);
    } finally {
      backend.dispose();
    }
    const stopped = enhancePortrait(await readImageHere(bitmap), { steps: 1 });
    await expect(stopped).rejects.toThrow('The worker was stopped');
  });

  it('says when its script is not there', async () => {
    const worker = new Worker('/no-such-worker.js', { type: 'module' });
    await expect(useWebBackend({ worker })).rejects.toThrow(/The worker does not start/);
  });
});

/** Without the worker, which is gone. */
async function readImageHere(bitmap: ImageBitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  const { width, height, data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return { width, height, channels: 4 as const, data };
}
