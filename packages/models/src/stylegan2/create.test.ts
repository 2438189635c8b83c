import '@latent-matte/core/gradients';
import { readFileSync } from 'node:fs';
import { InvalidOptionError, WeightsError } from '@latent-matte/core';
import {
  openCheckpoint,
  type WeightArchive,
  type WeightTensor,
} from '@latent-matte/core/checkpoints';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { channelTable, layerCount, noiseSide } from './architecture';
import { canonicalStyleGAN2Weights } from './canonical-weights';
import { createStyleGAN2Discriminator, createStyleGAN2Generator } from './create';
import { discriminatorNames, generatorNames } from './nvlabs-names';
import { discriminatorShapes, generatorShapes } from './parameters';
import { randomStyleGAN2Weights } from './random-weights';

const weights = randomStyleGAN2Weights({
  resolution: 16,
  channels: [4, 4, 3],
  styleSize: 8,
  mappingLayers: 2,
});
const changed = (change: (tensors: Map<string, WeightTensor>) => void): WeightArchive => {
  const tensors = new Map(weights.tensors);
  change(tensors);
  return { tensors };
};

describe('architecture', () => {
  it('has the published sizes', () => {
    expect(channelTable(1024)).toEqual([512, 512, 512, 512, 512, 256, 128, 64, 32]);
    expect(layerCount(1024)).toBe(18);
    const sides = Array.from({ length: 17 }, (_, i) => noiseSide(i));
    expect(sides.reduce((sum, side) => sum + side * side, 0)).toBe(2_796_176);
    const count = (shapes: Record<string, readonly number[]>) =>
      Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const published = {
      resolution: 1024,
      channels: channelTable(1024),
      styleSize: 512,
      latentSize: 512,
      mappingLayers: 8,
    };
    expect(count(generatorShapes(published))).toBe(30_370_060);
    expect(count(discriminatorShapes(published))).toBe(29_012_513);
  });

  it.each([8, 24, 2048, 0])('refuses a resolution of %d', (resolution) => {
    expect(() => randomStyleGAN2Weights({ resolution })).toThrow(InvalidOptionError);
  });

  it('maps every parameter to one name of NVlabs', () => {
    const shapes = generatorShapes({
      resolution: 1024,
      channels: channelTable(1024),
      styleSize: 512,
      latentSize: 512,
      mappingLayers: 8,
    });
    const generator = [...generatorNames(1024).values()];
    expect(new Set(generator).size).toBe(generator.length);
    for (const name of Object.keys(shapes)) expect(generator).toContain(name);
    const judge = [...discriminatorNames(1024).values()];
    const discriminator = discriminatorShapes({ resolution: 1024, channels: channelTable(1024) });
    expect(judge.sort()).toEqual(Object.keys(discriminator).sort());
    expect(generatorNames(1024).get('synthesis.b1024.conv1.weight')).toBe('convs.15.conv.weight');
    expect(discriminatorNames(1024).get('b8.skip.weight')).toBe('convs.8.skip.1.weight');
  });
});

eachBackend(() => {
  describe('createStyleGAN2Generator', () => {
    it('reads resolution, channels and depth from the shapes', () => {
      const generator = createStyleGAN2Generator(weights);
      expect(generator.architecture).toEqual({
        resolution: 16,
        channels: [4, 4, 3],
        styleSize: 8,
        latentSize: 8,
        mappingLayers: 2,
      });
      expect(generator.latents.noise.map(([side]) => side)).toEqual([4, 8, 8, 16, 16]);
      generator.dispose();
    });

    it('reads an official pickle, its scalars included, and network groups by any separator', async () => {
      const bytes = readFileSync(
        new URL('../../../core/fixtures/formats/ada.pkl', import.meta.url),
      );
      const checkpoint = await openCheckpoint(new Uint8Array(bytes));
      const before = tf.memory().numTensors;
      const generator = createStyleGAN2Generator(checkpoint);
      const judge = createStyleGAN2Discriminator(checkpoint);
      expect(generator.architecture).toMatchObject({
        resolution: 16,
        styleSize: 16,
        latentSize: 16,
      });
      expect(judge.architecture.channels).toEqual([12, 12, 12]);
      generator.dispose();
      judge.dispose();
      expect(tf.memory().numTensors).toBe(before);
      const dotted = new Map(
        [...weights.tensors].map(([name, tensor]) => [name.replace('/', '.'), tensor] as const),
      );
      expect(
        canonicalStyleGAN2Weights({ tensors: dotted }, 'generator').tensors.has(
          'conv1.conv.weight',
        ),
      ).toBe(true);
      const scalars = new Map<string, unknown>([
        ['G_ema/init_kwargs/synthesis_kwargs/conv_clamp', -1],
      ]);
      expect(() => createStyleGAN2Generator({ ...checkpoint, scalars })).toThrow('clamp is -1');
    });

    const faults: [string, WeightArchive, RegExp][] = [
      [
        'a missing tensor',
        changed((t) => t.delete('g_ema/convs.1.conv.modulation.weight')),
        /"convs\.1\.conv\.modulation\.weight" is missing/,
      ],
      [
        'an unexpected tensor',
        changed((t) => t.set('g_ema/mapping.embed.weight', t.get('g_ema/conv1.activate.bias')!)),
        /"mapping\.embed\.weight" is unexpected/,
      ],
      [
        'a misshapen tensor',
        changed((t) => t.set('g_ema/to_rgb1.bias', t.get('g_ema/conv1.activate.bias')!)),
        /"to_rgb1\.bias" has shape \[4\], expected \[1, 3, 1, 1\]/,
      ],
      [
        'no generator',
        changed((t) => t.delete('g_ema/input.input')),
        /hold no StyleGAN2 generator/,
      ],
      [
        'two resolutions',
        changed((t) => {
          for (const name of [...t.keys()]) if (/(convs|to_rgbs)\.[1-9]/.test(name)) t.delete(name);
        }),
        /tell 2 resolutions/,
      ],
    ];
    it.each(faults)('refuses %s by name, and leaks nothing', (_, archive, message) => {
      const before = tf.memory().numTensors;
      expect(() => createStyleGAN2Generator(archive)).toThrow(WeightsError);
      expect(() => createStyleGAN2Generator(archive)).toThrow(message);
      expect(tf.memory().numTensors).toBe(before);
    });

    it('refuses a group size of 0', () => {
      expect(() => createStyleGAN2Discriminator(weights, { groupSize: 0 })).toThrow(
        InvalidOptionError,
      );
    });
  });
});
