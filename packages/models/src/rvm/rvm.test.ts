import { InvalidImageError, InvalidOptionError, WeightsError } from '@latent-matte/core';
import { checkLeaks, describeMattingModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createRvm } from './rvm';

/** Random, with mattes in the middle of [0, 1], where clipping does not hide the gradient. */
function unclipped(seed: number) {
  const archive = randomCheckpoint(createRvm, { seed });
  const scaled = (name: string, factor: number, offset: number) => {
    const tensor = archive.tensors.get(name)!;
    const values = new Float32Array(tensor.bytes.slice().buffer);
    const bytes = new Uint8Array(values.map((value) => value * factor + offset).buffer);
    return [name, { ...tensor, bytes }] as const;
  };
  return {
    tensors: new Map([
      ...archive.tensors,
      scaled('project_mat.conv.weight', 0.1, 0),
      scaled('project_mat.conv.bias', 0.1, 0.4),
    ]),
  };
}
const archive = unclipped(1);

eachBackend(() => {
  describeMattingModel(
    { describe, it },
    () => createRvm(archive, { downsampleRatio: 1 }),
    manyKinks,
  );

  it('refines to odd sizes', () => {
    const network = createRvm(archive, { downsampleRatio: 0.6 });
    const image = mockPortraits(83, 61, [1]);
    tf.tidy(() => {
      const { foreground, alpha, state } = network.matte(image);
      expect(foreground.shape).toEqual([1, 61, 83, 3]);
      expect(alpha.shape).toEqual([1, 61, 83, 1]);
      expect(state.map(({ shape }) => shape)).toEqual([
        [1, 18, 25, 16],
        [1, 9, 13, 20],
        [1, 5, 7, 40],
        [1, 3, 4, 64],
      ]);
      const alone = network.alpha({ image });
      expect([...alone.dataSync()]).toEqual([...alpha.dataSync()]);
    });
    image.dispose();
    network.dispose();
  });

  it('remembers the frames of a sequence, and frees them', async () => {
    const network = createRvm(archive, { downsampleRatio: 1 });
    const frame = mockPortraits(64, 48, [1]);
    const other = mockPortraits(64, 64, [1]);
    const { leaked, error } = await checkLeaks(() => {
      const sequence = network.sequence();
      const alphas = [0, 1].map(() => {
        const { foreground, alpha } = sequence.next(frame);
        const values = alpha.dataSync();
        tf.dispose([foreground, alpha]);
        return values;
      });
      const alone = network.alpha({ image: frame });
      expect([...alphas[0]]).toEqual([...alone.dataSync()]);
      expect([...alphas[1]]).not.toEqual([...alphas[0]]);
      alone.dispose();
      expect(() => sequence.next(other)).toThrow(InvalidImageError);
      sequence.reset();
      const again = sequence.next(other);
      tf.dispose([again.foreground, again.alpha]);
      sequence.dispose();
      sequence.dispose();
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
    tf.dispose([frame, other]);
    network.dispose();
  });

  it('tells ResNet-50 by its keys', async () => {
    const hints = {
      'backbone.layer1.0.conv1.weight': [8, 8, 1, 1],
      // An eighth as wide as the published encoder.
      'backbone.conv1.weight': [8, 3, 7, 7],
    };
    const network = createRvm(randomCheckpoint(createRvm, { hints }));
    expect(network.variant).toBe('resnet50');
    expect(network.name).toBe('rvm-resnet50');
    const image = mockPortraits(64, 48, [1]);
    const matte = network.matte(image);
    expect(matte.alpha.shape).toEqual([1, 48, 64, 1]);
    expect(matte.state.map(({ shape }) => shape)).toEqual([
      [1, 24, 32, 16],
      [1, 12, 16, 32],
      [1, 6, 8, 64],
      [1, 3, 4, 16],
    ]);
    const values = matte.foreground.dataSync();
    expect(values.every(Number.isFinite)).toBe(true);
    const slope = tf.grad((x) => tf.sum(network.matte(x as tf.Tensor4D).foreground))(image);
    expect(slope.dataSync().some((value) => value !== 0)).toBe(true);
    tf.dispose([image, slope, matte.alpha, matte.foreground, ...matte.state]);
    network.dispose();
    const published = () => createRvm({ tensors: new Map() }, { variant: 'resnet50' });
    expect(published).toThrow(
      '"decoder.decode3.conv.0.weight" is missing (expected shape [128, 771, 3, 3])',
    );
  });

  it('reads over the segmentation head, and says what does not fit', () => {
    createRvm(changed(archive, { add: { 'project_seg.conv.bias': [1] } })).dispose();
    const wrong = changed(archive, { without: 'decoder.decode2.gru.hh.0.bias' });
    expect(() => createRvm(wrong)).toThrow(WeightsError);
    expect(() => createRvm(wrong)).toThrow(
      /rvm-mobilenetv3.*"decoder\.decode2\.gru\.hh\.0\.bias" is missing \(expected shape \[20\]\)/,
    );
    expect(() => createRvm(archive, { variant: 'resnet50' })).toThrow(/do not fit rvm-resnet50/);
    expect(() => createRvm(archive, { downsampleRatio: 0 })).toThrow(InvalidOptionError);
  });
}, ['wasm']);
