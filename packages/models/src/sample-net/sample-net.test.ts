import { composite, WeightsError } from '@latent-matte/core';
import { parseSafetensors } from '@latent-matte/core/checkpoints';
import { fineTune, serializeMattingModel } from '@latent-matte/core/fine-tune';
import {
  checkGradient,
  checkLeaks,
  describeMattingModel,
  mockComposite,
  mockPortraits,
} from '@latent-matte/core/testing';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { manyKinks } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createSampleNet, sampleNetWeights } from './index';
import { samplingLoss } from './sampling-loss';

/** An eighth and a sixteenth as wide as in the paper, one block a stage. */
const archive = sampleNetWeights({ samplingWidth: 4, width: 4, depths: [1, 1, 1, 1], seed: 2 });

/** Background on the left, foreground on the right, unknown between. */
const thirds = (side: number) =>
  tf.tidy(() => {
    const part = (level: number, columns: number) => tf.fill([1, side, columns, 1], level);
    const edge = side / 4;
    return tf.concat([part(0, edge), part(0.5, side - 2 * edge), part(1, edge)], 2) as tf.Tensor4D;
  });

everyBackend(() => {
  describeMattingModel({ describe, it }, () => createSampleNet(archive), {
    title: 'MattingModel: odd sides',
    width: 35,
    height: 33,
    ...manyKinks,
  });

  it('has two sampling networks and a ResNet-50 at full size', () => {
    const message = () => createSampleNet({ tensors: new Map() });
    expect(message).toThrow(
      '"background.coarse.code.0.weight" is missing (expected shape [32, 5, 5, 5])',
    );
    expect(message).toThrow(
      '"foreground.coarse.code.0.weight" is missing (expected shape [32, 8, 5, 5])',
    );
    expect(message).toThrow(
      '"background.fine.likeness.5.weight" is missing (expected shape [128, 128, 3, 3])',
    );
    expect(message).toThrow(
      '"foreground.fine.join.0.weight" is missing (expected shape [128, 256, 3, 3])',
    );
    expect(message).toThrow('"matting.conv1.weight" is missing (expected shape [64, 10, 7, 7])');
    expect(message).toThrow('"matting.layer3.5.conv2.weight" is missing');
    expect(message).toThrow(WeightsError);
  });

  it('samples colours only where a layer is not seen', () => {
    const network = createSampleNet(archive);
    const image = mockPortraits(64, 64, [1]);
    const trimap = thirds(64);
    const { background, foreground, alpha } = network.answer({ image, trimap });
    const [levels, picture] = [trimap.dataSync(), image.dataSync()];
    const layers = [
      [background.dataSync(), 0],
      [foreground.dataSync(), 1],
    ] as const;
    let painted = 0;
    for (const [colors, seen] of layers) {
      for (let i = 0; i < colors.length; i++) {
        const at = Math.floor(i / 3);
        if (levels[at] === seen) expect(colors[i]).toBeCloseTo(picture[i], 5);
        else if (Math.abs(colors[i] - picture[i]) > 1e-3) painted++;
      }
    }
    expect(painted).toBeGreaterThan(levels.length);
    tf.dispose([image, trimap, background, foreground, alpha]);
    network.dispose();
  });

  it('has a loss that is 0 for the true layers and matte, with the right gradients', async () => {
    const shape = [1, 12, 12, 3] as [number, number, number, number];
    const front = tf.randomUniform<tf.Rank.R4>(shape, 0, 1, 'float32', 1);
    const behind = tf.randomUniform<tf.Rank.R4>(shape, 0, 1, 'float32', 2);
    const alpha = tf.randomUniform<tf.Rank.R4>([1, 12, 12, 1], 0.1, 0.9, 'float32', 3);
    const image = composite(front, behind, alpha);
    const unknown = tf.ones<tf.Rank.R4>([1, 12, 12, 1]);
    const truth = {
      alpha,
      contrast: tf.sub<tf.Tensor4D>(front, behind),
      alphaLoss: (predicted: tf.Tensor4D, region: tf.Tensor4D) =>
        tf.mean(tf.mul(tf.abs(tf.sub(predicted, alpha)), region)) as tf.Scalar,
    };
    const run = (...x: tf.Tensor[]) => {
      const [foreground, firstForeground, background, firstBackground, matte] = x as tf.Tensor4D[];
      const layers = {
        foreground: { coarse: firstForeground, fine: foreground },
        background: { coarse: firstBackground, fine: background },
      };
      return samplingLoss({ ...layers, alpha: matte }, image, unknown, truth);
    };
    const exact = () => run(front, front, behind, behind, alpha).dataSync()[0];
    expect(tf.tidy(exact)).toBeLessThan(1e-5);
    // All errors of one sign, so that no |·| has its kink within a step.
    const moved = [
      tf.add(front, 0.2),
      tf.add(front, 0.3),
      tf.add(behind, 0.15),
      tf.add(behind, 0.25),
      tf.add(alpha, 0.05),
    ];
    const { relativeError } = await checkGradient(run, moved, { epsilon: 1e-3 });
    expect(relativeError).toBeLessThan(5e-3);
    tf.dispose([front, behind, alpha, image, unknown, truth.contrast, moved]);
  });

  it('learns all three networks by fineTune, and is read back from its file', async () => {
    const { leaked, error } = await checkLeaks(async () => {
      const network = createSampleNet(archive, { trainable: true });
      const names = [
        'background.coarse.code.0.weight',
        'background.coarse.last.weight',
        'background.fine.invention.9.weight',
        'background.fine.likeness.0.weight',
        'foreground.fine.attention.1.weight',
        'foreground.fine.last.weight',
        'matting.conv1.weight',
      ];
      const read = () => names.map((name) => network.variables!()[name].dataSync().slice());
      const before = read();
      await fineTune(network, {
        pairs: [mockComposite(64, 72), mockComposite(80, 64)],
        ...{ steps: 2, batch: 2, crop: 64, learningRate: 1e-3, warmUpSteps: 0, seed: 1 },
        averageDecay: 0,
      });
      read().forEach((values, i) => {
        expect(values, names[i]).not.toEqual(before[i]);
      });
      const again = createSampleNet(parseSafetensors(await serializeMattingModel(network)));
      const difference = tf.tidy(() => {
        const input = { image: mockPortraits(64, 64, [1]), trimap: thirds(64) };
        return tf.max(tf.abs(tf.sub(network.alpha(input), again.alpha(input)))).dataSync()[0];
      });
      expect(difference).toBeLessThan(1e-4);
      again.dispose();
      network.dispose();
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });
}, ['wasm', 'tensorflow']);
