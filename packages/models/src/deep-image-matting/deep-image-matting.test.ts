import { InvalidImageError, WeightsError } from '@latent-matte/core';
import { checkLeaks, describeMattingModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createDimFoamliu } from './encoder-decoder';
import { createDimHuochaitiantang } from './encoder-decoder-with-refinement';

/**
 * 1/32 as wide as the published networks, and small pictures: where a step of the finite differences moves the
 * maximum of one pool window, as it does between equal samples of a flat background, the unpooled map jumps. The
 * seeds are such that no step does.
 */
const foamliu = randomCheckpoint(createDimFoamliu, {
  seed: 13,
  hints: { 'down1.conv1.cbr_unit.0.weight': [2, 4, 3, 3] },
});
const refined = randomCheckpoint(createDimHuochaitiantang, {
  hints: { 'conv1_1.weight': [2, 4, 3, 3], 'refine_conv1.weight': [2, 4, 3, 3] },
});

eachBackend(() => {
  describeMattingModel({ describe, it }, () => createDimFoamliu(foamliu), {
    title: 'MattingModel: foamliu, odd sides',
    width: 35,
    height: 33,
    ...manyKinks,
  });
  describeMattingModel({ describe, it }, () => createDimHuochaitiantang(refined), {
    title: 'MattingModel: huochaitiantang with refinement, resized',
    width: 40,
    height: 36,
    ...manyKinks,
  });

  it('has the published sizes', () => {
    const nothing = { tensors: new Map() };
    expect(() => createDimFoamliu(nothing)).toThrow(
      '"up5.conv.cbr_unit.0.weight" is missing (expected shape [512, 512, 5, 5])',
    );
    expect(() => createDimHuochaitiantang(nothing)).toThrow(
      '"conv6_1.weight" is missing (expected shape [512, 512, 3, 3])',
    );
    expect(() => createDimHuochaitiantang(nothing)).toThrow('42 problems');
    expect(() => createDimHuochaitiantang(nothing, { refine: true })).toThrow('50 problems');
  });

  it('keeps what the trimap knows', () => {
    const network = createDimHuochaitiantang(refined);
    const image = mockPortraits(64, 64, [1]);
    const alpha = tf.tidy(() => {
      const third = (level: number) => tf.fill([1, 64, 64 / 4, 1], level);
      // The levels of a file, and those of the specification.
      const trimap = tf.concat([third(0), third(128 / 255), third(0.5), third(1)], 2);
      return network.alpha({ image, trimap: trimap as tf.Tensor4D });
    });
    const values = alpha.dataSync();
    for (let i = 0; i < values.length; i++) {
      const quarter = Math.floor((i % 64) / 16);
      if (quarter === 0) expect(values[i]).toBe(0);
      else if (quarter === 3) expect(values[i]).toBe(1);
      else expect(Math.abs(values[i] - 0.5)).toBeLessThan(0.5);
    }
    tf.dispose([image, alpha]);
    network.dispose();
  });

  it('refuses to work without a trimap, or with one of another size', async () => {
    const network = createDimHuochaitiantang(refined);
    const image = mockPortraits(64, 64, [1]);
    const trimap = tf.zeros<tf.Rank.R4>([1, 64, 32, 1]);
    for (const input of [{ image }, { image, trimap }]) {
      const { leaked, error } = await checkLeaks(() => network.alpha(input));
      expect(error).toBeInstanceOf(InvalidImageError);
      expect((error as Error).message).toContain('[1,64,64,1]');
      expect(leaked).toBe(0);
    }
    tf.dispose([image, trimap]);
    network.dispose();
  });

  it('gives the first stage of a refined file, and reads files of all stages', () => {
    const image = mockPortraits(64, 64, [1]);
    const trimap = tf.fill<tf.Rank.R4>([1, 64, 64, 1], 0.5);
    const first = { tensors: new Map(refined.tensors) };
    for (const name of first.tensors.keys()) {
      if (name.startsWith('refine_')) first.tensors.delete(name);
    }
    const alphas = [
      createDimHuochaitiantang(refined),
      createDimHuochaitiantang(refined, { refine: false }),
      createDimHuochaitiantang(first),
      createDimHuochaitiantang(first, { skip: false }),
    ].map((network, i) => {
      expect(network.refines).toBe(i === 0);
      const alpha = network.alpha({ image, trimap });
      network.dispose();
      return alpha;
    });
    const [second, asked, alone, plain] = alphas.map((alpha) => alpha.dataSync());
    expect(asked).toEqual(alone);
    expect(second).not.toEqual(asked);
    expect(plain).not.toEqual(alone);
    tf.dispose([image, trimap, ...alphas]);
  });

  it('reads the whole module that foamliu saved, beside what training left', () => {
    const saved = [...foamliu.tensors].map(
      ([name, tensor]) => [`model/module.${name}`, tensor] as const,
    );
    const whole = changed({ tensors: new Map(saved) }, { add: { 'optimizer/state/0': [2] } });
    createDimFoamliu(whole).dispose();
  });

  it('names what does not fit', async () => {
    const wrong = changed(refined, { without: 'deconv1.bias', add: { 'bn11.weight': [2] } });
    const { leaked, error } = await checkLeaks(() => createDimHuochaitiantang(wrong));
    expect(leaked).toBe(0);
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as Error).message).toMatch(
      /"deconv1\.bias" is missing.*"bn11\.weight" is unexpected/,
    );
    expect(() => createDimFoamliu(refined)).toThrow(WeightsError);
  });
}, ['wasm']);
