import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { MattingInput, MattingModel } from '../contracts';
import { ModelOutputError } from '../errors';
import { checkLeaks, mockMattingModel } from '../testing';
import { edgeAlpha, edgeTrimap, takesTrimap } from './edge-look';

const [HEIGHT, WIDTH] = [64, 96];

/** The first channel where the trimap is unknown, and the trimap elsewhere. */
const model = (looks: MattingInput[] = []): MattingModel => ({
  ...mockMattingModel({ needsTrimap: false }),
  takesTrimap: true,
  alpha({ image, trimap }) {
    looks.push({
      image: tf.keep(tf.clone(image)),
      ...(trimap && { trimap: tf.keep(tf.clone(trimap)) }),
    });
    return tf.tidy(() => {
      const red = tf.slice(image, [0, 0, 0, 0], [...image.shape.slice(0, 3), 1]);
      return trimap ? tf.where(tf.equal(trimap, 0.5), red, trimap) : red;
    }) as tf.Tensor4D;
  },
});

eachBackend(() => {
  /** Red rises from left to right; the middle third of the columns is unknown. */
  const scene = () => {
    const across = Float32Array.from({ length: HEIGHT * WIDTH }, (_, i) => (i % WIDTH) / WIDTH);
    const image = tf.tensor4d(
      Float32Array.from({ length: 3 * across.length }, (_, i) => across[Math.floor(i / 3)]!),
      [1, HEIGHT, WIDTH, 3],
    );
    const trimap = tf.tensor4d(
      across.map((x) => (x < 1 / 3 ? 0 : x < 2 / 3 ? 0.5 : 1)),
      [1, HEIGHT, WIDTH, 1],
    );
    return { image, trimap, across };
  };

  it('asks about the picture one and a half times as large, and about its mirror image', () => {
    const { image, trimap, across } = scene();
    const looks: MattingInput[] = [];
    const alpha = edgeAlpha(model(looks), image, trimap)!;
    expect(looks.map((look) => look.image.shape)).toEqual([
      [1, 96, 160, 3],
      [1, 96, 160, 3],
    ]);
    const [plain, mirrored] = looks.map((look) => look.trimap!);
    expect([...tf.reverse(mirrored!, 2).dataSync()]).toEqual([...plain!.dataSync()]);
    expect(new Set(plain!.dataSync())).toEqual(new Set([0, 0.5, 1]));
    const found = alpha.dataSync();
    expect(alpha.shape).toEqual(trimap.shape);
    for (const x of [10, 40, 48, 56, 90]) {
      const wanted = x < 32 ? 0 : x < 64 ? across[x]! : 1;
      expect(found[20 * WIDTH + x]).toBeCloseTo(wanted, 1);
    }
  });

  it('asks no model that takes no trimap, or that sees no larger', () => {
    const { image, trimap } = scene();
    const deaf = { ...model(), takesTrimap: false };
    const small = { ...model(), input: { multipleOf: 1, min: 1, max: 96 } };
    for (const one of [deaf, small]) expect(edgeAlpha(one, image, trimap)).toBeUndefined();
    expect(takesTrimap(mockMattingModel({ needsTrimap: true }))).toBe(true);
    expect(takesTrimap(mockMattingModel({ needsTrimap: false }))).toBe(false);
  });

  it('refuses an answer of another size, and leaves no tensor', async () => {
    const wrong = { ...model(), alpha: () => tf.zeros<tf.Rank.R4>([1, 8, 8, 1]) };
    const { leaked, error } = await checkLeaks(() => {
      const { image, trimap } = scene();
      expect(() => edgeAlpha(wrong, image, trimap)).toThrow(ModelOutputError);
      edgeAlpha(mockMattingModel(), image, trimap)?.dispose();
      tf.dispose([image, trimap]);
    });
    expect(error).toBeUndefined();
    expect(leaked).toBe(0);
  });
});

it('calls unknown what is soft, 9 pixels at 512 into the background and 4 into the person', () => {
  // One row of 256 pixels: half of the distances.
  const alpha = new Float32Array(256).fill(1, 128);
  alpha[127] = 0.5;
  const trimap = edgeTrimap({ width: 256, height: 1, channels: 1, data: alpha }).data;
  // 4.5 and 2 pixels, around 127.
  expect([trimap.indexOf(0.5), trimap.lastIndexOf(0.5)]).toEqual([127 - 5, 127 + 2]);
  expect([trimap[0], trimap[255]]).toEqual([0, 1]);
});
