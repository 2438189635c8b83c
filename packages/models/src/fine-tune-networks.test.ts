import type { MattingModel } from '@latent-matte/core';
import { parseSafetensors } from '@latent-matte/core/checkpoints';
import {
  type FineTuneOptions,
  fineTune,
  serializeMattingModel,
} from '@latent-matte/core/fine-tune';
import { checkLeaks, mockComposite, mockPortraits } from '@latent-matte/core/testing';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { fromLayersModel } from './adapters';
import { CompactMatting, createCompactMatting } from './compact/compact-models';
import { mattingNetwork } from './compact/networks';
import { createIndexNet } from './index-net';
import { createModnet } from './modnet';
import { randomWeights } from './testing/random-weights';

const indexNetHints = { hints: { 'layer0.0.weight': [8, 4, 3, 3] } };

/** A Keras model with everything that Keras treats differently in training. */
function keras(): { model: MattingModel; dispose(): void } {
  const image = layers.input({ shape: [null, null, 3] });
  const start = (seed: number) => layers.initializers.glorotUniform({ seed });
  const y = layers.layers
    .conv2d({ filters: 4, kernelSize: 3, padding: 'same', kernelInitializer: start(1) })
    .apply(image) as layers.SymbolicTensor;
  const z = layers.layers
    .activation({ activation: 'relu' })
    .apply(layers.layers.batchNormalization().apply(y)) as layers.SymbolicTensor;
  const alpha = layers.layers
    .conv2d({ filters: 1, kernelSize: 1, activation: 'sigmoid', kernelInitializer: start(2) })
    .apply(z) as layers.SymbolicTensor;
  const whole = layers.model({ inputs: image, outputs: alpha });
  const model = fromLayersModel(whole, { kind: 'matting', name: 'keras' });
  return { model, dispose: () => void whole.dispose() };
}

/** Of random weights: how they are made, whether batches move statistics, and the loader. */
const networks: Record<
  string,
  {
    create(): { model: MattingModel; dispose?: () => void };
    moves: boolean;
    reload?: (bytes: Uint8Array) => MattingModel;
  }
> = {
  'compact-matting': {
    create: () => ({
      model: new CompactMatting(randomWeights(mattingNetwork), { trainable: true }),
    }),
    moves: false,
    reload: (bytes) => createCompactMatting(parseSafetensors(bytes)),
  },
  modnet: {
    create: () => ({
      model: createModnet(randomCheckpoint(createModnet), {
        referenceSize: 'none',
        trainable: true,
      }),
    }),
    moves: true,
    reload: (bytes) => createModnet(parseSafetensors(bytes), { referenceSize: 'none' }),
  },
  indexnet: {
    create: () => ({
      model: createIndexNet(randomCheckpoint(createIndexNet, indexNetHints), { trainable: true }),
    }),
    moves: false,
    reload: (bytes) => createIndexNet(parseSafetensors(bytes)),
  },
  'a LayersModel': { create: keras, moves: true },
};

const pairs = [mockComposite(64, 72), mockComposite(80, 64)];
const options: FineTuneOptions = {
  pairs,
  steps: 2,
  batch: 2,
  crop: 64,
  learningRate: 1e-4,
  warmUpSteps: 0,
  seed: 1,
};

everyBackend(() => {
  describe.each(Object.entries(networks))('%s', (_, { create, moves, reload }) => {
    it('is fine-tuned, writes what its loader reads, and leaves no tensors behind', async () => {
      const { leaked, error } = await checkLeaks(async () => {
        const { model, dispose } = create();
        const values = (record: Record<string, tf.Variable>) =>
          Object.values(record).map((variable) => variable.dataSync().slice());
        const [weights, state] = [model.variables!(), model.train!.state()];
        const before = [values(weights), values(state)];
        const { history, settings } = await fineTune(model, options);
        expect(settings.normalization).toBe(moves ? 'batch' : 'frozen');
        expect(history[2].loss).toBeGreaterThan(0);
        const changed = (a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]) =>
          a.filter((tensor, i) => Array.from(tensor).some((v, k) => v !== b[i][k])).length;
        // Biases before a normalisation by the batch have no effect, and weights behind a dead ReLU neither.
        expect(changed(before[0], values(weights))).toBeGreaterThan(before[0].length / 2);
        expect(changed(before[1], values(state)) > 0).toBe(moves);
        if (reload !== undefined) {
          const again = reload(await serializeMattingModel(model));
          const difference = tf.tidy(() => {
            const image = mockPortraits(64, 64, [1]);
            const input = { image, trimap: tf.fill<tf.Rank.R4>([1, 64, 64, 1], 0.5) };
            return tf.max(tf.abs(tf.sub(model.alpha(input), again.alpha(input)))).dataSync()[0];
          });
          expect(difference).toBeLessThan(1e-4);
          again.dispose();
        }
        model.dispose();
        dispose?.();
      });
      if (error !== undefined) throw error;
      expect(leaked).toBe(0);
    });
  });
}, ['wasm', 'tensorflow']);
