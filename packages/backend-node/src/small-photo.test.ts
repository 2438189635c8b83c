import { fileURLToPath } from 'node:url';
import { enhancePortrait, type FloatImage, type RasterImage } from '@latent-matte/core';
import { loadModel } from '@latent-matte/models';
import { beforeAll, expect, it } from 'vitest';
import { useNodeBackend } from './device/use-node-backend';
import { readImage } from './image/read-image';
import { encodeImage } from './image/write-image';

const photo = new URL('../../../examples/quickstart/astronaut-portrait.png', import.meta.url);

beforeAll(async () => {
  await useNodeBackend({ device: 'wasm' });
});

async function reducedTo(maxSide: number): Promise<RasterImage> {
  const full = await readImage(fileURLToPath(photo));
  return await readImage(await encodeImage(full, 'png', { maxSide }));
}

const mean = ({ data }: FloatImage): number => data.reduce((a, b) => a + b, 0) / data.length;

// The search once lost her altogether: mean alpha 0.398 → 0 within two steps, at 57 dB.
it('keeps the person in a photo of 145×160', async () => {
  const small = await reducedTo(160);
  expect([small.width, small.height]).toEqual([145, 160]);
  const { original, enhanced, history, settings, confidence } = await enhancePortrait(small, {
    steps: 2,
  });
  expect(settings.workingSize).toEqual([320, 320]);
  expect(history[0]!.total).toBeLessThan(2);
  expect(confidence).toBeGreaterThan(0.9);
  expect(mean(original.alpha)).toBeGreaterThan(0.5);
  expect(mean(enhanced.alpha)).toBeGreaterThan(0.95 * mean(original.alpha));
});

it('leaves it as it is where the networks look at a size at which they contradict themselves', async () => {
  const small = await reducedTo(136);
  const anySize = async <Name extends 'portrait-matting' | 'portrait-trimap'>(name: Name) =>
    Object.assign(await loadModel(name), { input: { multipleOf: 32, min: 64, max: 1024 } });
  const [model, trimap] = [await anySize('portrait-matting'), await anySize('portrait-trimap')];
  const result = await enhancePortrait(small, { model, steps: 2, advanced: { trimap } });
  model.dispose();
  trimap.dispose();
  expect(result).toMatchObject({
    kept: 'target-unsure',
    bestStep: 0,
    confidence: expect.any(Number),
  });
  expect(result.confidence).toBeLessThan(0.5);
  expect(result.history).toHaveLength(1);
  expect(result.warnings.join()).toContain('contradict each other');
  expect(mean(result.original.alpha)).toBeGreaterThan(0.3);
  expect(result.enhanced.alpha.data).toEqual(result.original.alpha.data);
});
