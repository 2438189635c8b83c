import { eachBackend } from '@latent-matte/test-kit/each-backend';
import {
  contradicting,
  fooled,
  mocks,
  nearing,
  portrait,
} from '@latent-matte/test-kit/mock-enhancement';
import { expect, it } from 'vitest';
import type { MattingModel } from '../contracts';
import { checkLeaks, mockMattingModel } from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { EnhanceRequest } from './options';

// In the mirror it says something else, so that there is something to gain.
const plain = { tilt: 0.4, needsTrimap: false } as const;
const agrees = mockMattingModel({ ...plain, name: 'agrees', differentiable: 'none' });

const contradicts = contradicting(agrees);

const search = (request: EnhanceRequest = {}) =>
  mocks({ model: mockMattingModel(plain), ...nearing, ...request });

eachBackend(() => {
  it('returns a step that every judge finds nearer, and none that one of them finds farther', async () => {
    const alone = await enhancePortrait(portrait, search());
    expect(alone.bestStep).toBeGreaterThan(0);
    expect(alone.settings.judges).toEqual([]);
    const joined = await enhancePortrait(portrait, search({ judges: [agrees] }));
    expect(joined.bestStep).toBeGreaterThan(0);
    expect(joined.settings.judges).toEqual(['agrees']);
    const vetoed = await enhancePortrait(portrait, search({ judges: [agrees, fooled(agrees)] }));
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
