import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { TrimapModel } from '../contracts';
import { MultiLevelEstimator } from '../foreground/multi-level-estimator';
import { customGradient } from '../ops/custom-gradient';
import { stopGradient } from '../ops/stop-gradient';
import {
  checkGradient,
  checkLeaks,
  describeDiscriminator,
  describeForegroundEstimator,
  describeGenerator,
  describeMattingModel,
  describePerceptualModel,
  describeTrainableMatting,
  describeTrimapModel,
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockPortrait,
  mockTrainableMatting,
  mockTrimapModel,
  type TestFramework,
} from './index';

const framework = { describe, it };
const odd = { width: 40, height: 51 };

/** Runs a suite by hand: the tests that fail, one line each. */
async function failures(suite: (framework: TestFramework) => void): Promise<string[]> {
  const tests: [name: string, body: () => Promise<void>][] = [];
  suite({ describe: (_, body) => body(), it: (name, body) => tests.push([name, body]) });
  const failed: string[] = [];
  for (const [name, body] of tests) {
    await body().catch((error: Error) => failed.push(`${name}: ${error.message}`));
  }
  return failed;
}

eachBackend(() => {
  describeTrimapModel(framework, () => mockTrimapModel());
  describeTrimapModel(framework, () => mockTrimapModel(), { ...odd, title: 'odd sizes' });
  describeTrimapModel(framework, () => mockTrimapModel({ differentiable: 'none' }), {
    title: 'black-box TrimapModel',
    differentiable: 'none',
  });
  describeMattingModel(framework, () => mockMattingModel());
  describeMattingModel(framework, () => mockMattingModel({ needsTrimap: false }), odd);
  describeTrainableMatting(framework, () => mockTrainableMatting());
  describeMattingModel(framework, () => mockMattingModel({ differentiable: 'none' }), {
    title: 'black-box MattingModel',
    differentiable: 'none',
  });
  describeDiscriminator(framework, () => mockDiscriminator(), odd);
  describePerceptualModel(framework, () => mockPerceptualModel(), odd);
  describeGenerator(framework, (context) => mockGenerator(context), odd);
  describeForegroundEstimator(framework, () => new MultiLevelEstimator(), odd);

  describe('checkGradient', () => {
    it('accepts a right gradient of several inputs', async () => {
      const x = tf.tensor1d([0.2, -0.5, 1]);
      const y = tf.tensor1d([1, 2, -1]);
      const { relativeError, numeric } = await checkGradient(
        (a, b) => tf.mul(tf.square(a), b),
        [x, y],
      );
      expect(relativeError).toBeLessThan(1e-4);
      expect(numeric.every((slope) => Math.abs(slope) > 1e-3)).toBe(true);
      tf.dispose([x, y]);
    });

    it('notices a gradient that is 10 % too large', async () => {
      const wrong = (x: tf.Tensor) =>
        customGradient(
          [x],
          (x) => ({ value: tf.square(x), saved: [x] }),
          (dy, [x]) => tf.mul(dy, tf.mul(x, 2.2)),
        );
      const x = tf.tensor1d([0.2, -0.5, 1]);
      const { relativeError } = await checkGradient((a) => wrong(a), [x]);
      expect(relativeError).toBeCloseTo(0.1 / 1.1, 2);
      x.dispose();
    });

    it('leaves no tensors behind', async () => {
      const x = tf.tensor1d([1, 2]);
      const { leaked, error } = await checkLeaks(() => checkGradient((a) => tf.square(a), [x]));
      x.dispose();
      expect(error).toBeUndefined();
      expect(leaked).toBe(0);
    });
  });

  it('checkLeaks counts after a return and after a throw', async () => {
    const kept: tf.Tensor[] = [];
    const leaky = () => kept.push(tf.scalar(1), tf.scalar(2));
    expect(await checkLeaks(leaky)).toEqual({ leaked: 2 });
    const error = new Error('thrown');
    const throwing = () => {
      leaky();
      throw error;
    };
    expect(await checkLeaks(throwing)).toEqual({ leaked: 2, error });
    tf.dispose(kept);
  });

  describe('the conformance suite', () => {
    const good = mockTrimapModel();
    const broken: [string, Partial<TrimapModel>, RegExp][] = [
      ['another version', { specVersion: 2 as 1 }, /^says what it is.*specVersion is 2/],
      [
        'a missing channel',
        { logits: (image) => tf.slice(good.logits(image), [0, 0, 0, 0], [-1, -1, -1, 2]) },
        /^returns finite logits.*shape \[1,64,64,2\], expected \[1,64,64,3\]/,
      ],
      [
        'NaN',
        { logits: (image) => tf.tidy(() => tf.mul(good.logits(image), Number.NaN)) },
        /^returns finite logits.*is NaN at index 0/,
      ],
      [
        'a leak',
        { logits: (image) => tf.tidy(() => tf.keep(good.logits(image)).clone()) },
        /^leaves no tensors behind.*1 tensors/,
      ],
      [
        'a gradient it does not have',
        { logits: (image) => stopGradient(() => good.logits(image)) },
        /^has the gradient/,
      ],
    ];

    it.each(broken)('refuses a model with %s', async (_, fault, message) => {
      const failed = await failures((framework) =>
        describeTrimapModel(framework, () => ({ ...good, ...fault })),
      );
      expect(failed.join('\n')).toMatch(new RegExp(message.source, 'm'));
    });

    it('passes the mock', async () => {
      expect(await failures((framework) => describeTrimapModel(framework, () => good))).toEqual([]);
    });
  });
});

describe('mockPortrait', () => {
  it('is reproducible, differs by seed, and stays in [0, 1]', () => {
    const { data, ...rest } = mockPortrait(20, 30, 4);
    expect(rest).toEqual({ width: 20, height: 30, channels: 3 });
    expect(data).toHaveLength(20 * 30 * 3);
    expect(mockPortrait(20, 30, 4).data).toEqual(data);
    expect(mockPortrait(20, 30, 5).data).not.toEqual(data);
    expect(data.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
