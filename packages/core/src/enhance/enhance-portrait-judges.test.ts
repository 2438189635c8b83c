import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { mocks, portrait } from '@latent-matte/test-kit/mock-enhancement';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { MattingModel } from '../contracts';
import { checkLeaks, mockMattingModel } from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { EnhanceRequest } from './options';

// In the mirror it says something else, so that there is something to gain.
const plain = { tilt: 0.4, needsTrimap: false } as const;
const agrees = mockMattingModel({ ...plain, name: 'agrees', differentiable: 'none' });

/** Sees the background where the others see the person. */
const contradicts: MattingModel = {
  ...agrees,
  name: 'contradicts',
  alpha: (input) => tf.tidy(() => tf.sub(1, agrees.alpha(input)) as tf.Tensor4D),
};

/** Agrees about the photo and other views of it, and not about a photo that was changed a little. */
const fooled: MattingModel = {
  ...agrees,
  name: 'fooled',
  alpha: (input) => {
    const photo = tf.tensor4d(portrait.data, [1, 64, 64, 3]);
    const change = tf.tidy(() => tf.mean(tf.abs(tf.sub(input.image, photo))).dataSync()[0]!);
    photo.dispose();
    return (change > 1e-6 && change < 0.03 ? contradicts : agrees).alpha(input);
  },
};

/** A search that gets nearer. */
const search = (request: EnhanceRequest = {}) =>
  mocks({
    model: mockMattingModel(plain),
    steps: 8,
    selectEvery: 4,
    learningRate: 0.004,
    minPsnr: 0,
    maxBlockShift: 0,
    maxColorDifference: 0,
    weights: { agreement: 1, consistency: 0, entropy: 0, compositional: 0, perceptual: 0 },
    ...request,
  });

eachBackend(() => {
  it('returns a step that every judge finds nearer, and none that one of them finds farther', async () => {
    const alone = await enhancePortrait(portrait, search());
    expect(alone.bestStep).toBeGreaterThan(0);
    expect(alone.settings.judges).toEqual([]);
    const joined = await enhancePortrait(portrait, search({ judges: [agrees] }));
    expect(joined.bestStep).toBeGreaterThan(0);
    expect(joined.settings.judges).toEqual(['agrees']);
    const vetoed = await enhancePortrait(portrait, search({ judges: [agrees, fooled] }));
    expect(vetoed.bestStep).toBe(0);
    expect(vetoed.portrait.data).toEqual(portrait.data);
    expect(vetoed.warnings.join()).toMatch(/was left as it was/);
  });

  it('lets judges share in the target', async () => {
    const of = async (judges: readonly MattingModel[]) =>
      (await enhancePortrait(portrait, search({ judges, steps: 1 }))).history[0]!.losses.agreement!;
    const [alone, contradicted] = [await of([]), await of([contradicts])];
    expect(contradicted).toBeGreaterThan(1.5 * alone);
  });

  it('asks a judge at a size that it accepts, and leaves nothing behind', async () => {
    const sizes: number[][] = [];
    const judge: MattingModel = {
      ...agrees,
      input: { multipleOf: 24, min: 48, max: 48 },
      alpha: (input) => {
        sizes.push(input.image.shape.slice(1, 3));
        return agrees.alpha(input);
      },
    };
    const { leaked, error } = await checkLeaks(() =>
      enhancePortrait(portrait, search({ judges: [judge], steps: 1 })),
    );
    expect(error).toBeUndefined();
    expect(leaked).toBe(0);
    expect(sizes.every(([height, width]) => height === 48 && width === 48)).toBe(true);
  });
});
