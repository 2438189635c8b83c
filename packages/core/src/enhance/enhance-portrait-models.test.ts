import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { fooled, mocks, nearing, portrait } from '@latent-matte/test-kit/mock-enhancement';
import type * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { MattingModel } from '../contracts';
import { checkLeaks, mockMattingModel, mockTrimapModel } from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { EnhanceOptions, EnhanceRequest } from './options';

const one = mockMattingModel({ name: 'one', tilt: 0.4, needsTrimap: false });
const two = mockMattingModel({ name: 'two', tilt: -0.2, needsTrimap: false });
const blackBox = mockMattingModel({
  name: 'black-box',
  tilt: 0.4,
  needsTrimap: false,
  differentiable: 'none',
});

/** A search that gets nearer, for one model or several. */
const search = (model: EnhanceOptions['model'], request: EnhanceRequest = {}): EnhanceOptions => ({
  ...mocks({ ...nearing, ...request }),
  model,
});

eachBackend(() => {
  it('goes towards the target of all models by the mean of their losses', async () => {
    const agreement = async (options: EnhanceOptions) =>
      (await enhancePortrait(portrait, options)).history.map(({ losses }) => losses.agreement!);
    // The target is the consensus of all in any case, as judges share in it; where they contradict each other it is the
    // first one's.
    const [ofOne] = await agreement(search(one, { judges: [two], steps: 1 }));
    const [ofTwo] = await agreement(search(two, { judges: [one], steps: 1 }));
    const [first, ...later] = await agreement(search([one, two]));
    expect(first).toBeCloseTo((ofOne! + ofTwo!) / 2, 2);
    expect(later.at(-1)).toBeLessThan(first!);
  });

  it('records the models by name, and hands back the mattes of the first', async () => {
    const { settings, original } = await enhancePortrait(
      portrait,
      search([two, one], { steps: 0 }),
    );
    expect(settings.model).toBe('two');
    expect(settings.companions).toEqual(['one']);
    const alone = await enhancePortrait(portrait, search(two, { steps: 0 }));
    expect(original.alpha.data).toEqual(alone.original.alpha.data);
    expect(alone.settings.companions).toEqual([]);
  });

  it('asks the trimap model for the first alone, not for those that share in the target', async () => {
    const asked = async (model: EnhanceOptions['model']) => {
      const trimap = mockTrimapModel();
      let times = 0;
      const logits = (image: tf.Tensor4D) => {
        times++;
        return trimap.logits(image);
      };
      const { advanced, ...options } = search(model, { steps: 1, target: 'refined' });
      await enhancePortrait(portrait, {
        ...options,
        advanced: { ...advanced, trimap: { ...trimap, logits } },
      });
      return times;
    };
    const alone = await asked(one);
    expect(alone).toBeGreaterThan(0);
    expect(await asked([one, two])).toBe(alone);
  });

  it('returns no step that one of the models finds farther', async () => {
    const joined = await enhancePortrait(portrait, search([one, two]));
    expect(joined.bestStep).toBeGreaterThan(0);
    const vetoed = await enhancePortrait(portrait, search([one, fooled(one)]));
    expect(vetoed.bestStep).toBe(0);
    expect(vetoed.portrait.data).toEqual(portrait.data);
  });

  it('follows the gradient of any of them', async () => {
    const alone = await enhancePortrait(portrait, search(blackBox));
    expect(alone.bestStep).toBe(0);
    const guided = await enhancePortrait(portrait, search([blackBox, one]));
    expect(guided.bestStep).toBeGreaterThan(0);
    expect(guided.warnings.join()).toMatch(/"black-box" gives no gradient/);
  });

  it('takes the border loss and the composites through each of them, and leaves nothing behind', async () => {
    const weights = { border: 1, compositional: 1, alphaEntropy: 1, agreement: 1 };
    const { leaked, error } = await checkLeaks(async () => {
      const { history } = await enhancePortrait(
        portrait,
        search([one, two], { weights, steps: 2 }),
      );
      const losses = Object.entries(history.at(-1)!.losses);
      expect(losses.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(weights)));
      for (const [name, value] of losses) expect(value, name).toBeGreaterThan(0);
    });
    expect(error).toBeUndefined();
    expect(leaked).toBe(0);
  });

  it('refuses what is no list of different models', async () => {
    const refused = (options: unknown) =>
      expect(enhancePortrait(portrait, options as EnhanceOptions)).rejects;
    await refused(search([])).toThrow('The option model is a list of nothing.');
    await refused(search([one, one])).toThrow('that names a model twice');
    await refused(search([one, two], { companions: [two] })).toThrow(
      'Both several models and advanced.companions were given.',
    );
    const [numbers, lone] = [[1], one] as unknown as MattingModel[][];
    await refused(search(one, { companions: numbers })).toThrow('advanced.companions[0] is 1');
    await refused(search(one, { judges: lone })).toThrow('advanced.judges is an object');
  });
});
