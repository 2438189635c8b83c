import { fileURLToPath } from 'node:url';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { enhancePortrait, keepModels, matte, type RasterImage, readImage } from '../..';
import { type NodeBackendOptions, useNodeBackend } from '../use-node-backend';

const PHOTO = fileURLToPath(
  new URL('../../../../../examples/quickstart/astronaut-portrait.png', import.meta.url),
);

const sessions = () =>
  (tf.backend() as unknown as { getNumOfSavedModels(): number }).getNumOfSavedModels();

everyBackend(() => {
  let photo: RasterImage;
  const use = (compile: NodeBackendOptions['compile']) =>
    useNodeBackend({ device: 'native', compile });
  beforeAll(async () => {
    photo = await readImage(PHOTO);
  });
  afterAll(() => use(undefined));
  const search = (steps: number) => enhancePortrait(photo, { steps });

  it('a search of ten steps has its network compiled, which changes the last digits alone', async () => {
    const warn = vi.spyOn(console, 'warn');
    await use('never');
    const plain = await search(10);
    expect(sessions()).toBe(0);
    await use('searches');
    const release = keepModels();
    const first = await search(10);
    expect(sessions()).toBeGreaterThan(0);
    // The graphs of the first are there from the beginning.
    const second = await search(10);
    expect(second.portrait.data).toEqual(first.portrait.data);
    expect(second.alpha.data).toEqual(first.alpha.data);
    release();
    await vi.waitFor(() => expect(sessions()).toBe(0));
    expect(first.psnr).toBeCloseTo(plain.psnr, 0);
    expect(first.psnr).not.toBe(plain.psnr);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('a short search and a matte have not, unless it is asked for', async () => {
    const release = keepModels();
    await use('searches');
    const { alpha } = await matte(photo);
    await search(2);
    expect(sessions()).toBe(0);
    await use('always');
    const compiled = await matte(photo);
    expect(sessions()).toBeGreaterThan(0);
    const worst = compiled.alpha.data.reduce(
      (most, a, i) => Math.max(most, Math.abs(a - alpha.data[i])),
      0,
    );
    expect(worst).toBeLessThan(1e-3);
    release();
    await vi.waitFor(() => expect(sessions()).toBe(0));
  });
}, ['tensorflow']);
