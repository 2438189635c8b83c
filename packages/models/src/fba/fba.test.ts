import { WeightsError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { checkLeaks, describeMattingModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { distanceMaps, squaredDistances } from './distance-maps';
import { createFba } from './fba';

eachBackend(() => {
  it('measures the distance to the nearest pixel of a class exactly', () => {
    const [height, width] = [13, 21];
    const spots = [
      [0, 3],
      [7, 20],
      [12, 9],
    ];
    const values = new Float32Array(2 * height * width);
    for (const [y, x] of spots) values[y * width + x] = 1;
    const mask = tf.tensor4d(values, [2, height, width, 1]);
    const squared = squaredDistances(mask);
    const found = squared.dataSync();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const expected = Math.min(...spots.map(([v, u]) => (y - v) ** 2 + (x - u) ** 2));
        expect(found[y * width + x]).toBe(expected);
      }
    }
    const maps = distanceMaps(mask);
    expect(maps[1].dataSync()[5]).toBeCloseTo(Math.exp(-4 / (2 * 25.6 ** 2)), 6);
    // The second picture has no pixel of the class.
    for (const map of maps) {
      expect(
        map
          .dataSync()
          .subarray(height * width)
          .every((value) => value === 0),
      ).toBe(true);
    }
    tf.dispose([mask, squared, ...maps]);
  });
});

/** Half as wide as the published network: its norms have 32 groups. */
const archive = unsaturated(
  randomCheckpoint(createFba, { hints: { 'encoder.conv1.weight': [32, 11, 7, 7] } }),
);

/** With a last layer whose alpha stays near 0.5: random ones are clipped to 0 or 1 nearly everywhere. */
function unsaturated({ tensors }: WeightArchive): WeightArchive {
  const result = new Map(tensors);
  for (const [part, scale, offset] of [
    ['weight', 0.1, 0],
    ['bias', 0.1, 0.5],
  ] as const) {
    const name = `decoder.conv_up4.4.${part}`;
    const tensor = tensors.get(name)!;
    const values = new Float32Array(tensor.bytes.slice().buffer);
    const bytes = new Uint8Array(values.map((value) => value * scale + offset).buffer);
    result.set(name, { ...tensor, bytes });
  }
  return { tensors: result };
}

eachBackend(() => {
  describeMattingModel({ describe, it }, () => createFba(archive), {
    width: 40,
    height: 36,
    ...manyKinks,
    // Norms of few pixels: the slope changes fast.
    gradientEpsilon: 5e-6,
  });

  it('gives both layers, the picture where alpha is certain, and leaves nothing behind', async () => {
    const network = createFba(archive);
    const image = mockPortraits(40, 40, [1]);
    const trimap = tf.tidy(() =>
      tf.concat(
        [0, 0.5, 0.5, 1].map((level) => tf.fill<tf.Rank.R4>([1, 40, 10, 1], level)),
        2,
      ),
    );
    const { leaked } = await checkLeaks(() => {
      const { alpha, foreground, background } = network.layers({ image, trimap });
      const [a, f, b, picture] = [alpha, foreground, background, image].map((x) => x.dataSync());
      for (let i = 0; i < a.length; i++) {
        const column = i % 40;
        if (column < 10) expect([a[i], b[3 * i]]).toEqual([0, picture[3 * i]]);
        if (column >= 30) expect([a[i], f[3 * i]]).toEqual([1, picture[3 * i]]);
      }
      expect([...f, ...b].every((value) => value >= 0 && value <= 1)).toBe(true);
      tf.dispose([alpha, foreground, background]);
    });
    expect(leaked).toBe(0);
    tf.dispose([image, trimap]);
    network.dispose();
  });

  it('has the published sizes, and names what does not fit', () => {
    const wanted = () => createFba({ tensors: new Map() });
    expect(wanted).toThrow(
      '"decoder.conv_up1.0.weight" is missing (expected shape [256, 3072, 3, 3])',
    );
    expect(wanted).toThrow('197 problems');
    const wrong = changed(archive, {
      without: 'encoder.bn1.weight',
      add: { 'encoder.bn1.running_mean': [32] },
    });
    expect(() => createFba(wrong)).toThrow(WeightsError);
    expect(() => createFba(wrong)).toThrow(
      /"encoder\.bn1\.weight" is missing.*"encoder\.bn1\.running_mean" is unexpected/,
    );
  });
}, ['wasm']);
