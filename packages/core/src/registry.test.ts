import { describe, expect, it, vi } from 'vitest';
import type { Backend, Generator, GeneratorContext } from './contracts';
import { BackendError, LatentMatteError, UnknownModelError } from './errors';
import {
  activeBackend,
  discriminators,
  foregroundEstimators,
  generators,
  mattingModels,
  perceptualModels,
  registerDiscriminator,
  registerForegroundEstimator,
  registerGenerator,
  registerMattingModel,
  registerPerceptualModel,
  registerTrimapModel,
  setActiveBackend,
  trimapModels,
} from './registry';
import {
  mockDiscriminator,
  mockMattingModel,
  mockPerceptualModel,
  mockTrimapModel,
} from './testing';

describe('registry', () => {
  it('names what is known and how to add more when a name is unknown', async () => {
    await expect(mattingModels.create('nothing', undefined)).rejects.toThrow(
      /no matting model called "nothing"\. None is registered: import '@latent-matte\/models'/,
    );
    registerMattingModel('mock', () => mockMattingModel());
    registerMattingModel('another', () => mockMattingModel());
    const error = await mattingModels.create('nothing', undefined).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnknownModelError);
    expect(error).toMatchObject({ code: 'UNKNOWN_MODEL' });
    expect(String(error)).toContain('Registered: another, mock.');
    expect(String(error)).toContain('registerMattingModel()');
  });

  it('runs the factory at each use, with its context', async () => {
    const contexts: unknown[] = [];
    registerGenerator('mock', (context) => {
      contexts.push(context);
      return { name: `use ${contexts.length}` } as Generator;
    });
    const context = {} as GeneratorContext;
    expect((await generators.create('mock', context)).name).toBe('use 1');
    expect((await generators.create('mock', context)).name).toBe('use 2');
    expect(contexts).toEqual([context, context]);
  });

  it('replaces a factory registered under the same name, and waits for asynchronous ones', async () => {
    registerTrimapModel('same', () => mockTrimapModel({ name: 'first' }));
    registerTrimapModel('same', async () => mockTrimapModel({ name: 'second' }));
    expect((await trimapModels.create('same', undefined)).name).toBe('second');
    expect(trimapModels.names()).toEqual(['same']);
  });

  it('knows older names, and warns a program that takes a name of the SDK', async () => {
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      const model = (name: string) => () => mockMattingModel({ name });
      mattingModels.register('own-net', model('first'), { embedded: true, alias: 'own' });
      mattingModels.register('own-net', model('twice loaded'), { embedded: true, alias: 'own' });
      expect(warnings).not.toHaveBeenCalled();
      expect((await mattingModels.create('own', undefined)).name).toBe('twice loaded');
      expect(mattingModels.names()).toContain('own-net');
      expect(mattingModels.names()).not.toContain('own');
      expect(['own', 'own-net', 'other'].map((name) => mattingModels.has(name))).toEqual([
        true,
        true,
        false,
      ]);
      expect(mattingModels.idOf('own')).toBe('own-net');
      registerMattingModel('own', model('replaced'));
      expect(warnings).toHaveBeenCalledExactlyOnceWith(
        expect.stringMatching(/matting model "own-net" of latent-matte is replaced/),
      );
      expect((await mattingModels.create('own-net', undefined)).name).toBe('replaced');
    } finally {
      warnings.mockRestore();
    }
  });

  it('keeps the kinds apart', async () => {
    registerDiscriminator('d', () => mockDiscriminator());
    registerPerceptualModel('p', () => mockPerceptualModel());
    expect((await discriminators.create('d', undefined)).name).toBe('mock-discriminator');
    expect((await perceptualModels.create('p', undefined)).name).toBe('mock-perceptual');
    await expect(discriminators.create('p', undefined)).rejects.toThrow(UnknownModelError);
    await expect(foregroundEstimators.create('d', undefined)).rejects.toThrow(
      'foreground estimator',
    );
  });

  it('refuses an empty name', () => {
    expect(() =>
      registerForegroundEstimator(' ', () => {
        throw new Error('never made');
      }),
    ).toThrow(UnknownModelError);
  });

  it('passes on what a factory throws', async () => {
    const cause = new Error('no weights');
    registerMattingModel('broken', () => Promise.reject(cause));
    await expect(mattingModels.create('broken', undefined)).rejects.toBe(cause);
  });
});

describe('activeBackend', () => {
  it('says how to activate one, then returns it', () => {
    expect(() => activeBackend()).toThrow(BackendError);
    expect(() => activeBackend()).toThrow(/useNodeBackend.*useWebBackend/);
    const backend = { platform: 'node', device: 'cpu' } as Backend;
    setActiveBackend(backend);
    expect(activeBackend()).toBe(backend);
  });
});

describe('LatentMatteError', () => {
  it('is recognised across copies of the package', () => {
    const error = new UnknownModelError('No.', 'Yes.');
    expect(LatentMatteError.isInstance(error)).toBe(true);
    const foreign = Object.assign(new Error('No.'), { [Symbol.for('latent-matte.error')]: true });
    expect(LatentMatteError.isInstance(foreign)).toBe(true);
    for (const other of [new Error('No.'), undefined, null, 'No.', {}]) {
      expect(LatentMatteError.isInstance(other)).toBe(false);
    }
    expect(error).toMatchObject({ name: 'UnknownModelError', message: 'No. Yes.', remedy: 'Yes.' });
  });
});
