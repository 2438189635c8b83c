import { invertPortrait, WeightsError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import {
  checkLeaks,
  mockPerceptualModel,
  mockPortrait,
  mockPortraits,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createStyleGAN2Generator, randomStyleGAN2Weights } from '../stylegan2';
import { createE4e } from './e4e';

const LAYERS = 10;
const DIM = 8;

/** Two channels instead of 64, ten layers instead of eighteen (64²). */
const archive = randomCheckpoint(createE4e, {
  hints: {
    'encoder.input_layer.0.weight': [2, 3, 3, 3],
    latent_avg: [DIM],
    ...Object.fromEntries(
      Array.from({ length: LAYERS }, (_, i) => [`encoder.styles.${i}.linear.weight`, [DIM, DIM]]),
    ),
  },
});

/** The archive with every value of some tensors replaced. */
function filled(pattern: RegExp, value: number): WeightArchive {
  return {
    tensors: new Map(
      [...archive.tensors].map(([name, tensor]) => [
        name,
        pattern.test(name)
          ? {
              ...tensor,
              bytes: new Uint8Array(new Float32Array(tensor.bytes.length / 4).fill(value).buffer),
            }
          : tensor,
      ]),
    ),
  };
}

/** Rows of W+. */
function rowsOf(weights: WeightArchive): number[][] {
  const encoder = createE4e(weights);
  const image = mockPortraits(64, 64, [1]);
  const { styles, noise } = encoder.encode(image);
  expect(noise).toEqual([]);
  const rows = styles.arraySync()[0]!;
  tf.dispose([image, styles]);
  encoder.dispose();
  return rows;
}

const differing = (a: number[][], b: number[][]) =>
  a.flatMap((row, i) => (row.some((value, j) => Math.abs(value - b[i]![j]!) > 1e-6) ? [i] : []));

eachBackend(() => {
  it('has the names and shapes of the published checkpoint', () => {
    let message = '';
    try {
      createE4e({ tensors: new Map() });
    } catch (error) {
      expect(error).toBeInstanceOf(WeightsError);
      message = (error as Error).message;
    }
    for (const [name, shape] of [
      ['encoder.input_layer.2.weight', '64'],
      ['encoder.body.3.shortcut_layer.0.weight', '128, 64, 1, 1'],
      ['encoder.body.20.res_layer.1.weight', '256, 256, 3, 3'],
      ['encoder.body.23.res_layer.5.fc1.weight', '32, 512, 1, 1'],
      ['encoder.latlayer1.weight', '512, 256, 1, 1'],
      ['encoder.latlayer2.bias', '512'],
      ['encoder.styles.0.convs.6.weight', '512, 512, 3, 3'],
      ['encoder.styles.3.convs.8.bias', '512'],
      ['encoder.styles.17.convs.10.weight', '512, 512, 3, 3'],
      ['encoder.styles.17.linear.weight', '512, 512'],
      ['latent_avg', '512'],
    ]) {
      expect(message).toContain(`"${name}" is missing (expected shape [${shape}])`);
    }
    for (const absent of ['shortcut_layer.1.weight" is missing (expected shape [64])', 'body.24']) {
      expect(message).not.toContain(absent);
    }
    expect(message).not.toMatch(/styles\.(0\.convs\.8|3\.convs\.10|17\.convs\.12|18)\b/);
  });

  it('reads each style from its features, on top of the first one and the mean', () => {
    const rows = rowsOf(archive);
    expect(rows).toHaveLength(LAYERS);
    const from = (first: number) => Array.from({ length: LAYERS - first }, (_, i) => first + i);
    // The middle features reach styles 3 and up, the fine ones 7 and up.
    expect(differing(rows, rowsOf(filled(/latlayer1/, 0)))).toEqual(from(3));
    expect(differing(rows, rowsOf(filled(/latlayer2/, 0)))).toEqual(from(7));
    expect(differing(rows, rowsOf(filled(/styles\.5\./, 0)))).toEqual([5]);
    expect(differing(rows, rowsOf(filled(/styles\.0\./, 0)))).toEqual(from(0));
    const mean = rowsOf(filled(/styles\./, 0));
    const average = [...new Float32Array(archive.tensors.get('latent_avg')!.bytes.slice().buffer)];
    for (const row of mean) expect(row).toEqual(average);
    // Every bottleneck counts: 6 and below for all, 21 to 23 only for what reads c₃.
    expect(differing(rows, rowsOf(filled(/body\.7\.res_layer\.4/, 0.5)))).toEqual(from(0));
  });

  it('reads the training checkpoint, without the decoder, with one mean per layer', () => {
    const tensors = new Map(
      [...archive.tensors].map(([name, tensor]) => [
        name === 'latent_avg' ? name : `state_dict/${name}`,
        tensor,
      ]),
    );
    const whole = changed({ tensors }, { add: { 'state_dict/decoder.style.1.weight': [2, 2] } });
    expect(rowsOf(whole)).toEqual(rowsOf(archive));
    const one = archive.tensors.get('latent_avg')!;
    const bytes = new Uint8Array(one.bytes.length * LAYERS);
    for (let i = 0; i < LAYERS; i++) bytes.set(one.bytes, i * one.bytes.length);
    const each = new Map(archive.tensors).set('latent_avg', {
      ...one,
      shape: [LAYERS, DIM],
      bytes,
    });
    expect(rowsOf({ tensors: each })).toEqual(rowsOf(archive));
  });

  describe('as a start of invertPortrait', () => {
    it('gives the styles, and leaves nothing behind', async () => {
      const generator = createStyleGAN2Generator(
        randomStyleGAN2Weights({
          resolution: 64,
          channels: [4, 4, 4, 4, 4],
          styleSize: DIM,
          mappingLayers: 1,
        }),
      );
      const leaks = await checkLeaks(async () => {
        const encoder = createE4e(archive);
        const { code } = await invertPortrait(mockPortrait(64, 64, 1), {
          generator,
          perceptual: mockPerceptualModel(),
          start: encoder,
          steps: 0,
        });
        encoder.dispose();
        expect(code.styles.shape).toEqual([LAYERS, DIM]);
        expect(code.noise).toHaveLength(9);
      });
      generator.dispose();
      expect(leaks).toEqual({ leaked: 0 });
    });
  });
}, ['wasm']);
