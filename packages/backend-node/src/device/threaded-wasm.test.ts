import { fileURLToPath } from 'node:url';
import { cutOut, enhancePortrait, type RasterImage } from '@latent-matte/core';
import '@latent-matte/models';
import { runScript } from '@latent-matte/test-kit/run-script';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { readImage } from '../image/read-image';
import { encodeImage } from '../image/write-image';
import { useNodeBackend } from './use-node-backend';

const photo = new URL('../../../../examples/quickstart/astronaut-portrait.png', import.meta.url);

/** A search with so many threads, one being tfjs's own build; on a fresh backend, which the first start decides. */
async function searchWith(threads: number, small: RasterImage) {
  if (threads > 1) tf.removeBackend('wasm');
  const { description } = await useNodeBackend({ device: 'wasm', threads });
  const { portrait, alpha, history } = await enhancePortrait(small, {
    steps: 1,
    workingSize: 320,
  });
  const cut = await cutOut(small);
  return {
    description,
    portrait,
    alpha,
    cut: { alpha: cut.alpha, image: cut.image },
    history: history.map(({ losses, psnr }) => ({ losses, psnr })),
  };
}

describe('WebAssembly with threads', () => {
  afterAll(() => {
    if (tf.findBackendFactory('wasm') !== null) tf.removeBackend('wasm');
  });

  it('gives the same bytes as with one', async () => {
    const full = await readImage(fileURLToPath(photo));
    const small = await readImage(await encodeImage(full, 'png', { maxSide: 160 }));
    const one = await searchWith(1, small);
    expect(one.description).not.toContain('threads');
    for (const threads of [2, 3]) {
      const several = await searchWith(threads, small);
      expect(several.description).toContain(`${threads} threads`);
      expect(several.history).toEqual(one.history);
      expect(several.portrait).toEqual(one.portrait);
      expect(several.alpha).toEqual(one.alpha);
      expect(several.cut).toEqual(one.cut);
    }
  }, 600_000);

  it('lets the process end, leaves its globals alone, and no thread when its heap is renewed', async () => {
    const script = new URL('../testing/threads-run.mjs', import.meta.url);
    expect(await runScript(script)).toEqual({
      threads: true,
      worker: 'undefined',
      renewed: true,
      left: 0,
    });
  }, 60_000);

  it('refuses what is no number of threads', async () => {
    const use = (threads: unknown) =>
      useNodeBackend({ device: 'wasm', threads: threads as number });
    await expect(use(0)).rejects.toThrow('threads is 0');
    await expect(use('all')).rejects.toThrow('threads is "all"');
  });
});
