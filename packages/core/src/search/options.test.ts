import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { resolveSearch, type SearchOptions } from './options';
import { presets } from './presets';

describe('resolveSearch', () => {
  it("has the paper's setting to the digit", () => {
    expect(resolveSearch({ preset: 'paper' })).toEqual({
      preset: 'paper',
      steps: 500,
      learningRate: 1e-4,
      weightDecay: 5e-4,
      adaptivity: 'element',
      weights: {
        entropy: 1,
        compositional: 1,
        consistency: 10,
        perceptual: 10,
        agreement: 0,
        alphaEntropy: 0,
        border: 0,
      },
      fit: 'letterbox',
      known: 'model',
      clipPortrait: true,
      entropyRegion: 'image',
      fidelityReduction: 'norm',
      perceptualReduction: 'same',
      perceptualSize: 0,
      backgroundEvery: 'step',
      foregroundFrom: 'step',
      minPsnr: 0,
      maxBlockShift: 0,
      maxColorDifference: 0,
      mirror: false,
      target: 'views',
      select: 'last',
      selectEvery: 10,
      output: 'generated',
      secondLook: false,
      workingSize: 1024,
      seed: 0,
      optimize: 'both',
      lossSize: Number.POSITIVE_INFINITY,
    });
  });

  it('has what the authors of the paper ran beside it', () => {
    expect(resolveSearch({ preset: 'official' })).toEqual({
      preset: 'official',
      steps: 500,
      learningRate: 1e-4,
      weightDecay: 0,
      adaptivity: 'element',
      weights: {
        entropy: 1,
        compositional: 1,
        consistency: 40,
        perceptual: 100,
        agreement: 0,
        alphaEntropy: 0,
        border: 0,
      },
      fit: 'stretch-nearest',
      networkSize: [800, 608],
      known: 'overwrite',
      clipPortrait: false,
      entropyRegion: 'image',
      fidelityReduction: 'mean-square',
      perceptualReduction: 'sum-square',
      perceptualSize: 256,
      backgroundEvery: 'run',
      foregroundFrom: 'original',
      minPsnr: 0,
      maxBlockShift: 0,
      maxColorDifference: 0,
      mirror: false,
      target: 'views',
      select: 'last',
      selectEvery: 10,
      output: 'generated',
      secondLook: false,
      workingSize: 1024,
      seed: 0,
      optimize: 'both',
      lossSize: Number.POSITIVE_INFINITY,
    });
  });

  it('is the fast preset by default, with single options replaced', () => {
    expect(resolveSearch({})).toMatchObject({ preset: 'fast', ...presets.fast });
    const { weights, steps } = resolveSearch({ steps: 7, weights: { entropy: 0.5 } });
    expect(steps).toBe(7);
    expect(weights).toEqual({ ...presets.fast.weights, entropy: 0.5 });
    expect(presets.fast.weights.entropy).not.toBe(0.5);
  });

  const invalid: [string, Record<string, unknown>][] = [
    ['preset', { preset: 'slow' }],
    ['preset', { preset: 'toString' }],
    ['steps', { steps: -1 }],
    ['steps', { steps: 1.5 }],
    ['steps', { steps: Number.NaN }],
    ['learningRate', { learningRate: 0 }],
    ['learningRate', { learningRate: -1 }],
    ['learningRate', { learningRate: Number.POSITIVE_INFINITY }],
    ['weightDecay', { weightDecay: -1e-3 }],
    ['minPsnr', { minPsnr: Number.NaN }],
    ['minPsnr', { minPsnr: -1 }],
    ['maxBlockShift', { maxBlockShift: -1 }],
    ['maxColorDifference', { maxColorDifference: Number.POSITIVE_INFINITY }],
    ['selectEvery', { selectEvery: 0 }],
    ['seed', { seed: 0.5 }],
    ['seed', { seed: 2 ** 53 }],
    ['workingSize', { workingSize: 63 }],
    ['workingSize', { workingSize: 100.5 }],
    ['entropyRegion', { entropyRegion: 'hair' }],
    ['fidelityReduction', { fidelityReduction: 'sum' }],
    ['networkSize', { networkSize: 800 }],
    ['networkSize', { networkSize: [800, 608, 3] }],
    ['networkSize', { networkSize: [800, 31] }],
    ['perceptualReduction', { perceptualReduction: 'sum' }],
    ['perceptualSize', { perceptualSize: -1 }],
    ['known', { known: 'trimap' }],
    ['clipPortrait', { clipPortrait: 1 }],
    ['fit', { fit: 'stretch' }],
    ['backgroundEvery', { backgroundEvery: 'never' }],
    ['foregroundFrom', { foregroundFrom: 'paper' }],
    ['target', { target: 'true' }],
    ['select', { select: 'first' }],
    ['output', { output: 'both' }],
    ['optimize', { optimize: 'alpha' }],
    ['lossSize', { lossSize: 31 }],
    ['lossSize', { lossSize: 256.5 }],
    ['entropy', { weights: { entropy: -1 } }],
    ['perceptual', { weights: { perceptual: Number.NaN } }],
    ['style', { weights: { style: 1 } }],
    ['toString', { weights: { toString: 1 } }],
  ];

  it.each(invalid)('refuses a bad %s: %o', (name, options) => {
    const resolve = () => resolveSearch(options as SearchOptions);
    expect(resolve).toThrow(InvalidOptionError);
    expect(resolve).toThrow(name);
  });
});
