import { describe, expect, it } from 'vitest';
import { codeErrors } from './check-code';
import { functionsOf } from './read-examples';

const entries = [
  'packages/backend-node/src/index.ts',
  'packages/backend-web/src/index.ts',
  'packages/backend-web/src/page.ts',
];
const functions = entries.flatMap((entry) =>
  functionsOf(entry).map((found) => ({ ...found, entry })),
);

describe('public functions', () => {
  it('are found, with those of other packages', () => {
    const names = functions.map(({ name }) => name);
    for (const name of ['cutOut', 'readImage', 'useWebBackend', 'loadModel', 'encodeImage']) {
      expect(names).toContain(name);
    }
  });

  it('have an example each', () => {
    const without = functions.filter(({ examples }) => examples.length === 0);
    expect(without.map(({ name, source }) => `${name}, ${source}`)).toEqual([]);
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
