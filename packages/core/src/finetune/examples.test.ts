import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { trimapFromAlpha } from '../imaging/trimap-from-alpha';
import { psnr } from '../metrics';
import { createRandom } from '../random';
import { checkGradient, mockComposite } from '../testing';
import { addNoise, applyColors, blurMap } from './degrade';
import { drawExample } from './draw-example';
import { addJpegArtefacts } from './jpeg-artefacts';
import { mattingLoss } from './matting-loss';
import { PairStore } from './pair-store';
import { makePicture, pictureOf } from './picture';
import { sampleWindow } from './sample-window';

const whole = { x: 32, y: 32, side: 64, angle: 0, flip: false };
const composite = mockComposite(64, 64);
const augment = {
  flip: 0,
  color: 0,
  blur: 0,
  jpeg: 0,
  noise: 0,
  rotation: 0,
  trimapGrowth: 3,
};

describe('windows', () => {
  const picture = pictureOf(composite.image, 1024);

  it('are the picture itself where nothing changes, and its mirror image', () => {
    const same = sampleWindow(picture, whole, 64);
    const mirrored = sampleWindow(picture, { ...whole, flip: true }, 64);
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 64; x++) {
        const value = picture.data[(y * 64 + x) * 3] / 255;
        expect(same[(y * 64 + x) * 3]).toBeCloseTo(value, 5);
        expect(mirrored[(y * 64 + 63 - x) * 3]).toBeCloseTo(value, 5);
      }
    }
  });

  it('turn about their centre', () => {
    const quarter = sampleWindow(picture, { ...whole, angle: Math.PI / 2 }, 64);
    for (const [x, y] of [
      [3, 7],
      [40, 11],
      [60, 60],
    ]) {
      // x' = 63 − y, y' = x
      const from = picture.data[(x * 64 + 63 - y) * 3 + 1] / 255;
      expect(quarter[(y * 64 + x) * 3 + 1]).toBeCloseTo(from, 4);
    }
  });

  it('average where they shrink, odd sides too', () => {
    const stripes = Uint8Array.from({ length: 65 * 33 }, (_, i) => ((i % 65) % 2) * 200);
    const map = makePicture(stripes, 65, 33, 1);
    const small = sampleWindow(map, { x: 32, y: 16, side: 32, angle: 0, flip: false }, 16);
    expect(Math.max(...small)).toBeLessThanOrEqual(101);
    expect(Math.min(...small)).toBeGreaterThanOrEqual(99);
  });
});

describe('degradations', () => {
  it('JPEG artefacts grow as the quality falls, and leave a flat picture flat', () => {
    const found = [95, 60, 20].map((quality) => {
      const data = composite.image.data.slice();
      addJpegArtefacts(data, 64, 64, quality);
      return psnr({ ...composite.image, data }, composite.image);
    });
    expect(found[0]).toBeGreaterThan(35);
    expect(found[0]).toBeGreaterThan(found[1] + 2);
    expect(found[1]).toBeGreaterThan(found[2] + 1);
    expect(found[2]).toBeGreaterThan(20);
    const flat = new Float32Array(16 * 16 * 3).fill(0.5);
    addJpegArtefacts(flat, 16, 16, 50);
    expect(Math.max(...flat) - Math.min(...flat)).toBeLessThan(1e-6);
    expect(flat[0]).toBeCloseTo(0.5, 1);
  });

  it('a blur keeps the mean and spreads a point as a Gaussian', () => {
    const map = new Float32Array(21 * 21);
    map[10 * 21 + 10] = 1;
    blurMap(map, 21, 21, 1, 1.2);
    expect(map.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
    const expected = Math.exp(-4 / (2 * 1.44));
    expect(map[10 * 21 + 12] / map[10 * 21 + 10]).toBeCloseTo(expected, 4);
    expect(map[12 * 21 + 10]).toBeCloseTo(map[10 * 21 + 12], 6);
  });

  it('neutral colours and absent noise change next to nothing', () => {
    const data = composite.image.data.slice();
    applyColors(data, { gain: [1, 1, 1], gamma: 1, saturation: 1 });
    addNoise(data, createRandom(1), 0);
    expect(psnr({ ...composite.image, data }, composite.image)).toBeGreaterThan(60);
  });
});

describe('trimapFromAlpha', () => {
  it('grows the edge by so many pixels on each side, hard edges too', () => {
    const alpha = Float32Array.from({ length: 20 }, (_, x) => (x < 10 ? 0 : 1));
    const row = [...trimapFromAlpha(alpha, 20, 1, 3, 2)];
    expect(row.join('')).toBe('0000000'.concat('1111', '11', '2222222'));
  });
});

it('an example of a composite obeys the matting equation', async () => {
  const store = await PairStore.open([composite], {
    what: 'pairs',
    memory: 1e9,
    signal: undefined,
    onPrepare: undefined,
  });
  const pair = await store.at(0);
  const scene = pictureOf(mockComposite(80, 70).background, 1024);
  const settings = { crop: 32, framing: 'crop', augment } as const;
  const { image, alpha, contrast, trimap } = drawExample(pair, scene, createRandom(3), settings);
  expect(new Set(trimap)).toContain(1);
  for (let i = 0; i < image.length; i++) {
    const background = image[i] - alpha[(i / 3) | 0] * contrast[i];
    expect(background).toBeGreaterThan(-1e-5);
    expect(background).toBeLessThan(1 + 1e-5);
  }
  const asItIs = drawExample(pair, undefined, createRandom(3), settings);
  expect(Math.max(...asItIs.contrast)).toBe(0);
});

eachBackend(() => {
  it('the loss is that of Deep Image Matting, and has right gradients', async () => {
    const random = createRandom(2);
    const map = (channels: number, scale = 1) =>
      tf.tensor4d(
        Float32Array.from({ length: 2 * 5 * 6 * channels }, () => scale * random.uniform()),
        [2, 5, 6, channels],
      );
    const [alpha, predicted, contrast] = [map(1), map(1), map(3)];
    const unknown = tf.tidy(() => tf.cast(tf.greater(map(1), 0.4), 'float32') as tf.Tensor4D);
    const weights = { alpha: 1, compositional: 0.5, gradient: 2, boundary: 4 };
    const [a, p, u] = [alpha, predicted, unknown].map((x) => x.dataSync());
    const c = contrast.dataSync();
    const loss = mattingLoss(predicted, { alpha, unknown, contrast }, weights, true);
    let [sum, composed, area] = [0, 0, 1];
    for (let i = 0; i < a.length; i++) {
      const error = Math.abs(p[i] - a[i]) * u[i];
      area += u[i];
      sum += error;
      composed += (error * (c[3 * i] + c[3 * i + 1] + c[3 * i + 2])) / 3;
    }
    expect(loss.alpha.dataSync()[0]).toBeCloseTo(sum / area, 5);
    expect(loss.compositional.dataSync()[0]).toBeCloseTo(composed / area, 5);
    for (const needsTrimap of [true, false]) {
      const { relativeError } = await checkGradient(
        (x) =>
          mattingLoss(x as tf.Tensor4D, { alpha, unknown, contrast }, weights, needsTrimap).total,
        [predicted],
        { epsilon: 1e-3 },
      );
      expect(relativeError).toBeLessThan(0.02);
    }
    tf.dispose([alpha, predicted, contrast, unknown, Object.values(loss)]);
  });
});
