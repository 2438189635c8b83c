import { setActiveBackend } from '@latent-matte/core/internal';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { fileBackend } from '@latent-matte/test-kit/file-backend';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { embeddedModels } from '../catalogue/embedded';
import { createStyleGAN2Generator } from '../stylegan2';
import { randomStyleGAN2Weights } from '../stylegan2/random-weights';

/** Calls every method of a model that takes tensors, with tensors that would do. */
function use(model: object): void {
  const image = tf.zeros([1, 64, 64, 3]) as tf.Tensor4D;
  const matting = { image, trimap: tf.fill([1, 64, 64, 1], 0.5) };
  const calls: Record<string, () => unknown> = {
    alpha: () => (model as { alpha(x: object): unknown }).alpha(matting),
    logits: () => (model as { logits(x: tf.Tensor4D): unknown }).logits(image),
    features: () => (model as { features(x: tf.Tensor4D): unknown }).features(image),
    score: () => (model as { score(x: tf.Tensor4D): unknown }).score(image),
    encode: () => (model as { encode(x: tf.Tensor4D): unknown }).encode(image),
    meanLatent: () => (model as { meanLatent(): unknown }).meanLatent(),
    generate: () => (model as { generate(x: object): unknown }).generate({}),
  };
  const names = Object.keys(calls).filter((name) => name in model);
  expect(names).not.toEqual([]);
  for (const name of names) {
    expect(calls[name], name).toThrow(
      expect.objectContaining({
        code: 'MODEL_OUTPUT',
        message: expect.stringContaining('was disposed. Make a new one.'),
      }),
    );
  }
}

eachBackend(() => {
  beforeAll(() => setActiveBackend(fileBackend()));

  it.each(embeddedModels.map(({ id }) => id))('%s says that it was disposed', async (id) => {
    const model = await embeddedModels.find((entry) => entry.id === id)!.load({});
    model.dispose();
    use(model);
    model.dispose();
  });

  it('So do networks of checkpoints', () => {
    const options = {
      resolution: 32,
      channels: [4, 4, 4, 4],
      styleSize: 8,
      mappingLayers: 2,
      seed: 1,
    } as const;
    const generator = createStyleGAN2Generator(randomStyleGAN2Weights(options), { name: 'random' });
    generator.dispose();
    use(generator);
  });

  it('Its name, its sizes and what it can do may still be read', async () => {
    const model = await embeddedModels.find(({ id }) => id === 'compact-matting')!.load({});
    model.dispose();
    expect(model).toMatchObject({ name: expect.any(String), differentiable: 'image' });
  });
}, ['cpu']);
