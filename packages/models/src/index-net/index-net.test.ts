import { WeightsError } from '@latent-matte/core';
import {
  describeMattingModel,
  describeTrainableMatting,
  mockPortraits,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import {
  archiveOfWeights,
  changed,
  manyKinks,
  randomCheckpoint,
} from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createIndexNet } from './index-net';

/** A quarter as wide as the published network. */
const archive = randomCheckpoint(createIndexNet, { hints: { 'layer0.0.weight': [8, 4, 3, 3] } });

eachBackend(() => {
  describeTrainableMatting({ describe, it }, () => createIndexNet(archive, { trainable: true }), {
    width: 64,
    height: 32,
    // Batch statistics of random weights are chaotic; layers/trainable-layers.test.ts has their gradient.
    gradientModes: ['frozen'],
    gradientEpsilon: 3e-5,
    gradientTolerance: 0.15,
    reload: (weights) => createIndexNet(archiveOfWeights(weights)),
  });

  describeMattingModel({ describe, it }, () => createIndexNet(archive), {
    width: 96,
    height: 64,
    ...manyKinks,
  });

  it('reads other widths of the index blocks from the file', () => {
    const twice = randomCheckpoint(createIndexNet, {
      hints: {
        'layer0.0.weight': [8, 4, 3, 3],
        'index0.indexnet1.0.weight': [16, 8, 4, 4],
      },
    });
    expect(twice.tensors.get('index0.indexnet1.3.weight')?.shape).toEqual([8, 16, 1, 1]);
    createIndexNet(twice).dispose();
  });

  it('answers at the size of the picture', () => {
    const network = createIndexNet(archive);
    const image = mockPortraits(50, 37, [1]);
    const trimap = tf.fill<tf.Rank.R4>([1, 37, 50, 1], 0.5);
    const alpha = network.alpha({ image, trimap });
    expect(alpha.shape).toEqual([1, 37, 50, 1]);
    tf.dispose([image, trimap, alpha]);
    network.dispose();
  });

  it('has the published sizes, and names what does not fit', () => {
    const wanted = () => createIndexNet({ tensors: new Map() });
    expect(wanted).toThrow(
      '"index6.indexnet4.0.weight" is missing (expected shape [160, 160, 4, 4])',
    );
    expect(wanted).toThrow(
      '"decoder_layer6.dconv.0.weight" is missing (expected shape [96, 320, 5, 5])',
    );
    const wrong = changed(archive, { without: 'pred.1.weight', add: { 'pred.1.bias': [1] } });
    expect(() => createIndexNet(wrong)).toThrow(WeightsError);
    expect(() => createIndexNet(wrong)).toThrow(
      /"pred\.1\.weight" is missing.*"pred\.1\.bias" is unexpected/,
    );
  });
}, ['wasm']);
