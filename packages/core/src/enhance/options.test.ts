import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { searchOptions } from '../search/options';
import { type EnhanceOptions, flatOptions, nestedOptions, resolveEnhancement } from './options';

describe('options of enhancePortrait', () => {
  it('are flat inside and come back as they were given', () => {
    const given: EnhanceOptions = { steps: 3, preset: 'paper', advanced: { seed: 7, minPsnr: 30 } };
    expect(flatOptions(given)).toEqual({ steps: 3, preset: 'paper', seed: 7, minPsnr: 30 });
    expect(nestedOptions(flatOptions(given))).toEqual(given);
    expect(nestedOptions({})).toEqual({});
  });

  it('take the old name of the model', () => {
    expect(flatOptions({ reference: 'rvm' }).model).toBe('rvm');
    expect(() => flatOptions({ reference: 'rvm', model: 'gca' })).toThrow(InvalidOptionError);
  });

  it('take a trimap where it stood before, and say so', () => {
    const { request, warnings } = resolveEnhancement({ trimap: 'compact-trimap' });
    expect(request.trimap).toBe('compact-trimap');
    expect(warnings).toEqual([
      'trimap is advanced.trimap now; its old place goes with the next version.',
    ]);
    const both = { trimap: 'compact-trimap', advanced: { trimap: 'portrait-trimap' } };
    expect(() => flatOptions(both)).toThrow(/Both trimap and advanced.trimap/);
    expect(flatOptions({ advanced: { trimap: 'compact-trimap' } }).trimap).toBe('compact-trimap');
  });

  it.each<[unknown, RegExp]>([
    [{ stpes: 3 }, /enhancePortrait has no option "stpes". Did you mean "steps"\?/],
    [{ seed: 3 }, /takes no "seed". Give it as advanced.seed/],
    [{ minPsrn: 3 }, /Did you mean advanced.minPsnr\?/],
    [{ advanced: { steps: 3 } }, /advanced takes no "steps". Give it as steps, outside/],
    [{ advanced: { lossize: 3 } }, /Did you mean "lossSize"\?/],
    [{ quality: 'best' }, /has no option "quality". Options: model, preset, steps/],
    [{ advanced: null }, /advanced is null/],
    ['fast', /options is "fast"/],
    [{ onProgress: true }, /onProgress is true. Give a function/],
    [{ signal: 'stop' }, /signal is "stop". Give the `signal` of an AbortController/],
    [{ model: 7 }, /model is 7. Give the name of a matting model/],
    [{ advanced: { mirror: 'no' } }, /advanced.mirror is "no". Use true or false/],
    [{ advanced: { minPsnr: -1 } }, /advanced.minPsnr is -1. Use a finite number ≥ 0/],
    [{ advanced: { weights: 3 } }, /advanced.weights is 3/],
    [{ advanced: { previewEvery: -1 } }, /advanced.previewEvery is -1/],
  ])('refuses %j', (options, message) => {
    const resolve = () => resolveEnhancement(options as EnhanceOptions);
    expect(resolve).toThrow(InvalidOptionError);
    expect(resolve).toThrow(message);
  });

  it('warns of what nothing reads, by the name that the caller used', () => {
    const { warnings } = resolveEnhancement({
      steps: 0,
      advanced: { discriminator: 'compact', entropyRegion: 'image', learningRate: 1, seed: 3 },
    });
    expect(warnings).toEqual([
      'advanced.discriminator was given, but nothing reads it: the weight of the compositional loss is 0.',
      'advanced.learningRate was given, but nothing reads it: steps is 0.',
      'advanced.entropyRegion was given, but nothing reads it: the weights of both entropies are 0.',
    ]);
    const weights = { entropy: 1, compositional: 1 };
    const advanced = { weights, discriminator: 'compact', entropyRegion: 'image' } as const;
    expect(resolveEnhancement({ advanced }).warnings).toEqual([]);
  });

  it('warns of what nothing reads with the models that were loaded', () => {
    const advanced = { known: 'overwrite', perceptual: 'mock', inversion: {} } as const;
    const { warnings, warningsWith } = resolveEnhancement({
      preset: 'paper',
      workingSize: 256,
      advanced: { ...advanced, weights: { perceptual: 0 } },
    });
    expect(warnings).toEqual([]);
    expect(warningsWith({ needsTrimap: false, fixedSize: true, inverts: true })).toEqual([
      'advanced.perceptual was given, but nothing reads it: the weight of the perceptual loss is 0, and nothing is inverted.',
      'workingSize was given, but nothing reads it: the generator brings its own size.',
      'advanced.known was given, but nothing reads it: the matting model needs no trimap.',
      'advanced.inversion was given, but nothing reads it: latents were given too, or the generator inverts portraits by itself.',
    ]);
    expect(warningsWith({ needsTrimap: true, fixedSize: false, inverts: false })).toEqual([]);
  });

  it('have a default in every preset, or say what happens without', () => {
    for (const [name, option] of Object.entries(searchOptions)) {
      const { kind } = option;
      if (kind.is === 'signal') continue;
      const decided = 'default' in option || 'presets' in option || 'otherwise' in option;
      expect(decided, name).toBe(true);
    }
  });
});
