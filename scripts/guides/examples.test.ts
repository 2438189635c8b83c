import { describe, expect, it } from 'vitest';
import { codeErrors } from './check-code';
import { type DocumentedFunction, functionsOf } from './read-examples';

const entries = [
  'packages/backend-node/src/index.ts',
  'packages/backend-web/src/index.ts',
  'packages/backend-web/src/page.ts',
  'packages/core/src/index.ts',
  'packages/core/src/evaluate/index.ts',
  'packages/core/src/generate/index.ts',
  'packages/core/src/weights/checkpoints.ts',
  'packages/core/src/options.ts',
  'packages/core/src/finetune/index.ts',
  'packages/core/src/operators.ts',
  'packages/core/src/testing/index.ts',
  'packages/models/src/index.ts',
  'packages/compact/src/index.ts',
  'packages/compact-generator/src/index.ts',
  'packages/pairs/src/index.ts',
  'packages/cli/src/index.ts',
];
const functions = functionsOf(entries);
const placeOf = ({ name, source }: DocumentedFunction): string => `${name}, ${source}`;

describe('public functions', () => {
  it('are found, with those of other packages', () => {
    const names = functions.map(({ name }) => name);
    for (const name of ['cutOut', 'readImage', 'useWebBackend', 'loadModel', 'encodeImage']) {
      expect(names).toContain(name);
    }
  });

  it('have an example each', () => {
    const without = functions.filter(({ examples }) => examples.length === 0);
    expect(without.map(placeOf)).toEqual([]);
  });

  it('have no example for Node where a page hands the function on', () => {
    const ofPages = functions.filter(({ entry }) => entry === 'packages/backend-web/src/index.ts');
    const places = new Set(ofPages.map(placeOf));
    const shared = functions.filter((found) => places.has(placeOf(found)));
    expect(shared.length).toBeGreaterThan(0);
    const forNode = shared.filter(({ examples }) =>
      examples.some(({ code }) => code.includes('@latent-matte/backend-node')),
    );
    expect(forNode.map(placeOf)).toEqual([]);
  });

  it('have examples that fit the SDK', () => {
    const wrong = {
      page: 'wrong',
      line: 1,
      language: 'ts',
      code: 'await cutOut(photo, { modle: 1 });',
    };
    const errors = codeErrors([...functions.flatMap(({ examples }) => examples), wrong]);
    expect(errors.filter((error) => !error.startsWith('wrong'))).toEqual([]);
    expect(errors.join()).toMatch(/wrong:\d+:.*modle/);
  });
});
