import { toFloat32, type WeightArchive, type WeightTensor } from '@latent-matte/core/checkpoints';
import { describe, expect, it } from 'vitest';
import { canonicalStyleGAN2Weights } from '../stylegan2/canonical-weights';
import { networkPrefix, stateDict } from './checkpoint';

const scalar = (value: number): WeightTensor => ({
  dtype: 'F32',
  shape: [1],
  bytes: new Uint8Array(Float32Array.of(value).buffer),
});
const archive = (values: Record<string, number>): WeightArchive => ({
  tensors: new Map(Object.entries(values).map(([name, value]) => [name, scalar(value)])),
});
const valueIn = ({ tensors }: WeightArchive, name: string): number =>
  toFloat32(tensors.get(name)!)[0]!;

const pairs: [average: string, trained: string][] = [
  ['g_ema/', 'g/'],
  ['g_ema/module.', 'g/module.'],
  ['module.g_ema/', 'module.g/'],
  ['params_ema/', 'params/'],
  ['generator_ema/', 'generator/'],
  ['G_ema.', 'G.'],
  ['state_dict/ema.', 'state_dict/model.'],
  ['model_ema/_orig_mod.', 'model/_orig_mod.'],
  ['params_ema/net.', 'params/net.'],
];

describe.each(pairs)('The moving average under %s, beside %s', (average, trained) => {
  it.each([false, true])('is the network, first in the file: %s', (first) => {
    const order = first
      ? [
          [average, 2],
          [trained, 1],
        ]
      : [
          [trained, 1],
          [average, 2],
        ];
    const named = (probe: string) =>
      archive(
        Object.fromEntries(order.map(([prefix, value]) => [`${prefix}${probe}`, Number(value)])),
      );
    const own = canonicalStyleGAN2Weights(named('input.input'), 'generator');
    expect(own.prefix).toBe(average);
    expect(valueIn(own, 'input.input')).toBe(2);
    expect(valueIn(stateDict(named('conv.weight')), 'conv.weight')).toBe(2);
    expect(networkPrefix([...named('conv.weight').tensors.keys()])).toBe(average);
  });
});

it.each(['', 'module.', '_orig_mod.', 'model.', 'net.', 'params/', 'state_dict/model.net.'])(
  'One network under "%s" is found by both',
  (prefix) => {
    const own = canonicalStyleGAN2Weights(archive({ [`${prefix}input.input`]: 3 }), 'generator');
    expect(valueIn(own, 'input.input')).toBe(3);
    expect(valueIn(stateDict(archive({ [`${prefix}conv.weight`]: 3 })), 'conv.weight')).toBe(3);
  },
);

it('Two that fit equally are asked about', () => {
  const two = { 'g_ema/input.input': 1, 'params_ema/input.input': 2 };
  expect(() => canonicalStyleGAN2Weights(archive(two), 'generator')).toThrow(
    /2 times: under "g_ema\/" and "params_ema\/"/,
  );
  expect(() => stateDict(archive(two))).toThrow(/2 times/);
});

it('A module of the network that is called as a wrapper stays', () => {
  const names = ['model.weight', 'head.weight'];
  expect([...stateDict(archive({ [names[0]!]: 1, [names[1]!]: 2 })).tensors.keys()]).toEqual(names);
});
