import { WeightsError } from '@latent-matte/core';
import { instanceNormalization } from '@latent-matte/core/ops';
import {
  checkGradient,
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
import { halfInstanceNormRelu } from './ib-norm';
import { createModnet, workingSize } from './modnet';

const archive = randomCheckpoint(createModnet);

eachBackend((backend) => {
  it('normalises and rectifies the second half of the channels', async () => {
    const x = tf.randomNormal<tf.Rank.R4>([2, 5, 6, 7], 0.3, 1, 'float32', 1);
    tf.tidy(() => {
      const [plain, rest] = tf.split<tf.Tensor4D>(x, [3, 4], 3);
      const expected = tf.relu(tf.concat([plain, instanceNormalization(rest)], 3));
      const error = tf.max(tf.abs(tf.sub(halfInstanceNormRelu(x, 3), expected)));
      expect(error.dataSync()[0]).toBeLessThan(1e-5);
    });
    const run = (y: tf.Tensor) => halfInstanceNormRelu(y as tf.Tensor4D, 3);
    const { relativeError } = await checkGradient(run, [x], { epsilon: 1e-4 });
    expect(relativeError).toBeLessThan(0.02);
    x.dispose();
  });

  if (backend === 'cpu') return;

  describeTrainableMatting(
    { describe, it },
    () => createModnet(archive, { referenceSize: 'none', trainable: true }),
    {
      width: 64,
      height: 32,
      // Batch statistics of random weights are chaotic; layers/trainable-layers.test.ts has their gradient.
      gradientModes: ['frozen'],
      gradientEpsilon: 3e-5,
      gradientTolerance: 0.15,
      reload: (weights) => createModnet(archiveOfWeights(weights), { referenceSize: 'none' }),
    },
  );

  describeMattingModel({ describe, it }, () => createModnet(archive, { referenceSize: 'none' }), {
    width: 96,
    height: 64,
    ...manyKinks,
  });

  it('answers at the size of the picture, whatever size it works at', () => {
    const network = createModnet(archive, { referenceSize: 64 });
    const image = mockPortraits(100, 75, [1]);
    const alpha = network.alpha({ image });
    expect(alpha.shape).toEqual([1, 75, 100, 1]);
    tf.dispose([image, alpha]);
    network.dispose();
  });

  it.each([
    [300, 400, 512, [512, 672]],
    [900, 600, 512, [768, 512]],
    [480, 640, 512, [480, 640]],
    [500, 601, 512, [480, 576]],
    [10, 700, 512, [32, 672]],
    [64, 96, 'none', [64, 96]],
  ] as const)('%d×%d at %s works at %j', (height, width, reference, expected) => {
    expect(workingSize(height, width, reference)).toEqual(expected);
  });

  it('reads over what only training needs, and says what does not fit', () => {
    const whole = changed(archive, {
      add: {
        'lr_branch.backbone.model.features.0.0.weight': [1],
        'lr_branch.conv_lr.layers.0.bias': [1],
        'hr_branch.conv_hr.1.layers.0.bias': [1],
      },
    });
    createModnet(whole).dispose();
    const wrong = changed(archive, {
      without: 'f_branch.conv_f.1.layers.0.bias',
      add: { 'hr_branch.conv_hr9x.0.layers.0.bias': [1] },
    });
    expect(() => createModnet(wrong)).toThrow(WeightsError);
    expect(() => createModnet(wrong)).toThrow(
      /"f_branch\.conv_f\.1\.layers\.0\.bias" is missing.*"hr_branch\.conv_hr9x\.0\.layers\.0\.bias" is unexpected/,
    );
  });
});
