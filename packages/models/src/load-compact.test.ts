import { readFile } from 'node:fs/promises';
import { type CompactWeights, compactWeights } from '@latent-matte/compact';
import { generatorWeights } from '@latent-matte/compact-generator';
import { parseSafetensors, toFloat32 } from '@latent-matte/core/checkpoints';
import { setActiveBackend, sha256 } from '@latent-matte/core/internal';
import { checkLeaks, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { fileBackend } from '@latent-matte/test-kit/file-backend';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMPACT_DISCRIMINATOR, COMPACT_STYLEGAN2 } from './compact-stylegan2/architecture';
import { encoderShapes } from './compact-stylegan2/encoder-shapes';
import {
  discriminatorNetwork,
  loadCompactDiscriminator,
  loadCompactFaceDiscriminator,
  loadCompactMatting,
  loadCompactPerceptual,
  loadCompactTrimap,
  mattingNetwork,
  type NetworkDefinition,
  trimapNetwork,
} from './index';
import { discriminatorShapes, generatorShapes } from './stylegan2/parameters';

const shapesOf = ({ parameters }: NetworkDefinition) =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));
/** Shape of every parameter by name. */
const networks: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  'compact-trimap': shapesOf(trimapNetwork),
  'compact-matting': shapesOf(mattingNetwork),
  'compact-discriminator': shapesOf(discriminatorNetwork),
  'compact-generator': {
    ...generatorShapes(COMPACT_STYLEGAN2),
    latent_avg: [COMPACT_STYLEGAN2.styleSize],
  },
  'compact-encoder': encoderShapes(14, COMPACT_STYLEGAN2.styleSize),
  'compact-face-discriminator': discriminatorShapes({
    resolution: 128,
    channels: COMPACT_DISCRIMINATOR.channels.slice(0, 6),
  }),
};
/** Of the portrait network, whose loader asks for each by name and shape (portrait/load-portrait.test.ts). */
const PORTRAIT_PARAMETERS = 1_072_263;
/** Of the packages. */
const listed = [
  ...compactWeights,
  ...(generatorWeights as readonly unknown[] as readonly CompactWeights[]),
];
const folderOf = (file: string): string =>
  compactWeights.some((known) => known.file === file) ? 'compact' : 'compact-generator';
const read = async ({ file }: CompactWeights) =>
  new Uint8Array(await readFile(new URL(`../../${folderOf(file)}/${file}`, import.meta.url)));

beforeAll(() => setActiveBackend(fileBackend()));

describe('models.json of the compact weights', () => {
  it('lists the networks that the defaults need, each once', () => {
    const ids = compactWeights.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['compact-trimap', 'compact-matting']));
    expect(new Set(ids).size).toBe(ids.length);
  });

  describe.each(listed)('$id', (entry) => {
    it('says what it is, where it comes from and how good it is', () => {
      for (const key of ['description', 'license', 'trainedOn', 'command'] as const) {
        expect(entry[key].trim(), key).not.toBe('');
      }
      expect(entry.id).toMatch(/^(compact|portrait)/);
      expect(entry.file).toMatch(/^weights\/(compact-[a-z-]+|portrait)\.safetensors$/);
      expect(entry.license).toMatch(/^[A-Z][\w.-]+$/);
      expect(entry.sha256).toMatch(/^[0-9a-f]{64}$/);
      const metrics = Object.values(entry.metrics);
      expect(metrics.length).toBeGreaterThan(0);
      expect(metrics.every((value) => value !== '' && !Number.isNaN(value))).toBe(true);
    });

    it('has the file it describes', async () => {
      const bytes = await read(entry);
      expect(bytes.length).toBe(entry.size);
      expect(await sha256(bytes)).toBe(entry.sha256);
      // Two bytes a parameter and the header.
      const shapes = networks[entry.id];
      const count =
        shapes === undefined
          ? PORTRAIT_PARAMETERS
          : Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
      expect(bytes.length).toBeLessThan(2 * count + 35_000);
      expect(bytes.length).toBeLessThanOrEqual(10_000_000);
      expect(count).toBeLessThanOrEqual(5_000_000);
    });

    it('has every parameter of its network, finite and without denormals', async () => {
      const { tensors } = parseSafetensors(await read(entry));
      const shapes =
        networks[entry.id] ??
        Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
      const count = [...tensors.values()].reduce(
        (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      );
      if (entry.id === 'portrait') expect(count).toBe(PORTRAIT_PARAMETERS);
      expect([...tensors.keys()].sort()).toEqual(Object.keys(shapes).sort());
      for (const [name, tensor] of tensors) {
        expect(tensor.shape, name).toEqual(shapes[name]);
        const bad = toFloat32(tensor, name).find(
          (value) => !Number.isFinite(value) || (value !== 0 && Math.abs(value) < 1e-30),
        );
        expect(bad, name).toBeUndefined();
      }
    });
  });
});

eachBackend(() => {
  const outputs: [string, () => Promise<tf.Tensor>][] = [
    [
      'compact-trimap',
      async () => {
        const model = await loadCompactTrimap();
        return tf.tidy(() => {
          const logits = model.logits(mockPortraits(64, 64, [1]));
          model.dispose();
          return logits;
        });
      },
    ],
    [
      'compact-matting',
      async () => {
        const model = await loadCompactMatting();
        return tf.tidy(() => {
          const trimap = tf.fill([1, 64, 64, 1], 0.5) as tf.Tensor4D;
          const alpha = model.alpha({ image: mockPortraits(64, 64, [1]), trimap });
          model.dispose();
          return alpha;
        });
      },
    ],
    [
      'compact-discriminator',
      async () => {
        const model = await loadCompactDiscriminator();
        return tf.tidy(() => {
          const score = model.score(mockPortraits(64, 64, [1]));
          model.dispose();
          return score;
        });
      },
    ],
    [
      'compact-face-discriminator',
      async () => {
        const model = await loadCompactFaceDiscriminator();
        return tf.tidy(() => {
          const score = model.score(mockPortraits(64, 64, [1]));
          model.dispose();
          return score;
        });
      },
    ],
    [
      'compact-trimap',
      async () => {
        const model = await loadCompactPerceptual();
        return tf.tidy(() => {
          const features = model.features(mockPortraits(64, 64, [1]));
          model.dispose();
          return features;
        });
      },
    ],
  ];
  it.each(outputs)('%s loads, gives finite values, and is freed', async (_, run) => {
    const leaks = await checkLeaks(async () => {
      const output = await run();
      const values = await output.data();
      output.dispose();
      expect(values.length).toBeGreaterThan(0);
      expect(Array.from(values).every(Number.isFinite)).toBe(true);
    });
    expect(leaks).toEqual({ leaked: 0 });
  });

  it('reports progress', async () => {
    const seen: number[] = [];
    const model = await loadCompactTrimap({ onProgress: ({ loaded }) => seen.push(loaded) });
    model.dispose();
    expect(seen).toEqual([compactWeights.find(({ id }) => id === 'compact-trimap')!.size]);
  });
});
