import { describe, expect, it } from 'vitest';
import type { LatentEncoder } from '../contracts';
import type { InvertOptions } from './options';
import { plannedFor, resolveInversion, unreadInversion } from './options';

const encoder = { name: 'encoder' } as LatentEncoder;
const encode = () => ({ styles: undefined, noise: [] }) as never;
const stepsOf = (
  generator: Parameters<typeof plannedFor>[0],
  options: Omit<InvertOptions, 'generator'>,
) => {
  const whole = { generator: 'any', ...options };
  return plannedFor(generator, whole, resolveInversion(whole)).steps;
};

describe('steps of an inversion', () => {
  it('are few from the encoder that a generator brings', () => {
    expect(stepsOf({ encoder }, {})).toEqual({ styles: 15, noise: 25 });
    expect(stepsOf({}, {})).toEqual({ styles: 200, noise: 100 });
  });

  it('are those asked for, and the full count from any other start', () => {
    expect(stepsOf({ encoder }, { steps: { noise: 3 } })).toEqual({ styles: 200, noise: 3 });
    expect(stepsOf({ encoder }, { start: 'mean' })).toEqual({ styles: 200, noise: 100 });
    expect(stepsOf({ encoder }, { preset: 'paper' })).toEqual({ styles: 1500, noise: 1500 });
    expect(stepsOf({ encoder }, { method: 'projector' })).toEqual({ styles: 300, noise: 0 });
  });

  it('are those of the authors with their method, whatever the preset, and shared out alike', () => {
    for (const preset of ['fast', 'paper'] as const) {
      const options = { method: 'official', preset } as const;
      expect(stepsOf({ encoder }, options)).toEqual({ styles: 5000, noise: 3000 });
    }
    expect(stepsOf({}, { method: 'official', steps: 80 })).toEqual({ styles: 50, noise: 30 });
    expect(resolveInversion({ generator: 'any', method: 'official' })).toMatchObject({
      learningRate: 0.01,
      noiseLearningRate: 5,
      weights: { consistency: 4, perceptual: 1, regularization: 0 },
      reduction: 'mean-square',
      perceptualReduction: 'sum-square',
      perceptualSize: 256,
    });
    // The others have one reduction for both terms.
    const norm = resolveInversion({ generator: 'any', reduction: 'norm' });
    expect(norm.perceptualReduction).toBe('norm');
  });

  it('are none for an exact inverse', () => {
    expect(stepsOf({ encode, encoder }, { steps: 9 })).toEqual({ styles: 0, noise: 0 });
    expect(stepsOf({ encode }, { start: encoder, steps: 9 })).toEqual({ styles: 6, noise: 3 });
  });
});

describe('options of an inversion that nothing reads', () => {
  const unread = (
    options: Omit<InvertOptions, 'generator'>,
    generator: Parameters<typeof plannedFor>[0] = {},
  ) => {
    const given = { generator: 'mock', ...options };
    return unreadInversion(generator, given, plannedFor(generator, given, resolveInversion(given)));
  };

  it('are named, with why', () => {
    expect(unread({ perceptualSize: 64, perceptual: 'mock', weights: { perceptual: 0 } })).toEqual([
      'perceptual was given, but nothing reads it: the weight of the perceptual loss is 0.',
      'perceptualSize was given, but nothing reads it: the weight of the perceptual loss is 0.',
    ]);
    expect(unread({ method: 'projector', noiseLearningRate: 1 })).toEqual([
      'noiseLearningRate was given, but nothing reads it: no step moves noise by itself.',
    ]);
    expect(unread({ method: 'official', preset: 'paper' })).toEqual([
      "preset was given, but nothing reads it: the method 'official' has one set of defaults.",
    ]);
    expect(unread({ steps: 3, learningRate: 1 }, { encode })).toEqual([
      'steps was given, but nothing reads it: the generator inverts portraits by itself.',
      'learningRate was given, but nothing reads it: no step moves styles.',
    ]);
    expect(unread({ steps: 3, learningRate: 1, perceptualSize: 64, preset: 'paper' })).toEqual([]);
  });
});
