import { generateOptions, generationSettings } from '@latent-matte/core/generate';
import { searchOptions } from '@latent-matte/core/options';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runSettings, runSettingsSchema } from './generate-settings';
import { recordedSchemas } from './option-schema';

const generator = 'compact-generator';

describe('the schema of a run', () => {
  it('takes the settings of a run, with every default', async () => {
    const settings = await runSettings({ generator }, 'wasm');
    expect(runSettingsSchema.parse(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
    expect(settings.generation).toEqual(generationSettings({ generator }));
  });

  it.each([
    ['a word that is no choice', { optimize: 'all' }],
    ['a number beyond its bounds', { truncation: 1.5 }],
    ['an open bound itself', { truncation: 0 }],
    ['half a step', { steps: 1.5 }],
    ['more steps than anybody waits for', { steps: 1e7 }],
    ['a loss that generation has not', { weights: { entropy: 1, compositional: 1, agreement: 1 } }],
    ['a negative weight', { weights: { entropy: -1, compositional: 1 } }],
    ['a limit that the gate has not', { gate: { maxEntropy: 1 } }],
    ['an option that does not exist', { stepz: 3 }],
    ['an option that is not recorded', { keepEnhanced: true }],
    ['null where a number is', { steps: null }],
  ])('refuses %s', async (_, change) => {
    const settings = await runSettings({ generator }, 'wasm');
    const changed = { ...settings, generation: { ...settings.generation, ...change } };
    expect(runSettingsSchema.safeParse(changed).success).toBe(false);
  });

  it('refuses settings with an option missing', async () => {
    const settings = await runSettings({ generator }, 'wasm');
    for (const name of Object.keys(settings.generation)) {
      const { [name as 'seed']: _, ...generation } = settings.generation;
      expect(runSettingsSchema.safeParse({ ...settings, generation }).success, name).toBe(false);
    }
  });
});

it('Every option that a table records has a schema', () => {
  for (const table of [searchOptions, generateOptions]) {
    const schemas = recordedSchemas(table);
    const recorded = Object.entries(table).filter(([, { recorded }]) => recorded);
    expect(Object.keys(schemas)).toEqual(recorded.map(([name]) => name));
    for (const [name, declaration] of recorded) {
      if (declaration.default === undefined) continue;
      expect(z.safeParse(schemas[name]!, declaration.default).success, name).toBe(true);
    }
  }
});
