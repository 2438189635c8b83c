import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { archiveOf, wantedShapes } from '@latent-matte/test-kit/random-archive';
import { describe, expect, it } from 'vitest';
import { networks } from './catalogue';

const wrappers = [
  '_orig_mod.',
  'model.',
  'net.',
  'module._orig_mod.',
  'params_ema/',
  'params_ema/module.',
  'state_dict/model.net.',
];
/** StyleGAN2 finds its network by a rule of its own: network-groups.test.ts. */
const others = networks.filter(({ id }) => !id.startsWith('stylegan2'));

describe.each(others.map((network) => [network.id, network] as const))('%s', (_, { create }) => {
  const names = Object.keys(wantedShapes((archive) => create(archive)));
  /** What is wrong with tensors of these names and of no size: their shapes, unless their names are not found either. */
  const said = (prefix: string): string => {
    const entries = names.map((name) => [prefix + name, [[0], new Float32Array()]] as const);
    const archive: WeightArchive = archiveOf(Object.fromEntries(entries));
    try {
      create(archive);
      return 'nothing';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each(wrappers)('is found under "%s"', (prefix) => {
    expect(names.length).toBeGreaterThan(10);
    expect(said(prefix)).toBe(said(''));
  });
});
