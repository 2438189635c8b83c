/// <reference types="vite/client" />
import { loadModel, readImage, useWebBackend } from '@latent-matte/backend-web';
import { invertPortrait } from '@latent-matte/backend-web/core';
import { generatorWeightUrls } from '@latent-matte/compact-generator';
import { expect, it } from 'vitest';
import photo from '../../examples/quickstart/astronaut-portrait.png?url';
import { wasmPaths } from './places';

it('the embedded generator loads in a page and starts an inversion from its encoder', async () => {
  await useWebBackend({ device: 'wasm', wasmPaths, weightUrls: generatorWeightUrls() });
  const generator = await loadModel('compact-generator');
  const { code, portrait, history } = await invertPortrait(
    await readImage(await (await fetch(photo)).blob()),
    {
      generator,
      steps: { styles: 3, noise: 3 },
      weights: { perceptual: 0 },
    },
  );
  generator.dispose();
  expect(code.styles.shape).toEqual([14, 256]);
  expect(portrait.data.every(Number.isFinite)).toBe(true);
  expect(history.at(-1)!.psnr).toBeGreaterThan(history[0].psnr);
});
