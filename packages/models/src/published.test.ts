import { describe, expect, it } from 'vitest';
import { models } from './manifest';
import { publishedFactories, publishedNetworks } from './published';

describe('published networks', () => {
  it('each entry of models.json has a factory, and the other way round', () => {
    const ids = publishedNetworks.map(({ id }) => id);
    expect(ids.toSorted()).toEqual(Object.keys(publishedFactories).toSorted());
    expect(new Set([...ids, ...models.map(({ id }) => id)]).size).toBe(ids.length + models.length);
  });

  it.each(publishedNetworks)('$id says what it needs', (network) => {
    expect(network.requires).toBe('user-supplied weights');
    expect(network.license).not.toBe('');
    expect(network.input).not.toBe('');
    expect(network.weights.length).toBeGreaterThan(0);
    for (const { url } of network.weights) expect(new URL(url).protocol).toBe('https:');
    const nothing = { tensors: new Map() };
    expect(() => publishedFactories[network.id](nothing)).toThrow(/do not fit .*is missing/s);
  });
});
