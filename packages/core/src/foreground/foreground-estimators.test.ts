import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { foregroundEstimators } from '../registry';
import { describeForegroundEstimator } from '../testing/describe-foreground-estimator';
import { BlurFusionEstimator } from './blur-fusion-estimator';
import { ClosedFormEstimator } from './closed-form-estimator';
import { MultiLevelEstimator } from './multi-level-estimator';

const framework = { describe, it };
// A picture that is not square shows axes that were taken for each other.
const size = { width: 36, height: 28 };

eachBackend(() => {
  describeForegroundEstimator(framework, () => new MultiLevelEstimator({ order: 'raster' }), {
    ...size,
    title: 'multi-level, raster order',
  });
  describeForegroundEstimator(framework, () => new MultiLevelEstimator({ order: 'red-black' }), {
    ...size,
    title: 'multi-level, red-black order',
  });
  describeForegroundEstimator(framework, () => new ClosedFormEstimator(), {
    ...size,
    title: 'closed form',
  });
  describeForegroundEstimator(
    framework,
    // At ε = 1e-5 the layers jump where |α − α_n| passes through 0: no differences could tell the slope.
    () => new ClosedFormEstimator({ gradient: true, tolerance: 1e-9, regularization: 0.1 }),
    {
      ...size,
      title: 'closed form with gradient',
      differentiable: 'image',
      gradientEpsilon: 1e-4,
    },
  );
  describeForegroundEstimator(framework, () => new BlurFusionEstimator(), {
    ...size,
    title: 'blur fusion',
    differentiable: 'image',
    gradientEpsilon: 1e-3,
  });
});

it.each([
  ['multi-level', MultiLevelEstimator],
  ['closed-form', ClosedFormEstimator],
  ['blur-fusion', BlurFusionEstimator],
])('"%s" is registered', async (name, type) => {
  const estimator = await foregroundEstimators.create(name, undefined);
  expect(estimator).toBeInstanceOf(type);
  expect(estimator.name).toBe(name);
});

it.each([
  new MultiLevelEstimator(),
  new MultiLevelEstimator({ order: 'red-black' }),
  new ClosedFormEstimator(),
  new ClosedFormEstimator({ gradient: true }),
  new BlurFusionEstimator(),
])('refuses shapes that do not fit', async (estimator) => {
  const before = tf.memory().numTensors;
  const image = tf.zeros<tf.Rank.R4>([1, 8, 6, 3]);
  const alpha = tf.zeros<tf.Rank.R4>([1, 6, 8, 1]);
  const run = async () => estimator.estimate(image, alpha);
  await expect(run()).rejects.toThrow(/image \[1,8,6,3\] and alpha \[1,6,8,1\]/);
  tf.dispose([image, alpha]);
  expect(tf.memory().numTensors).toBe(before);
});
