import { WeightsError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { describeTrimapModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createDeeplabV3Plus } from './deeplab-v3-plus';

/** An eighth as wide as the published network. */
const random = randomCheckpoint(createDeeplabV3Plus, {
  hints: { 'backbone.conv1.weight': [8, 3, 7, 7], 'aspp.conv1.weight': [32, 160, 1, 1] },
});
/** Each of the 33 blocks would double the variance: a tenth of what it adds is left. */
const archive: WeightArchive = {
  tensors: new Map(
    [...random.tensors].map(([name, tensor]) => {
      if (!name.endsWith('.bn3.weight')) return [name, tensor];
      const values = new Float32Array(tensor.bytes.slice().buffer).map((value) => value / 10);
      return [name, { ...tensor, bytes: new Uint8Array(values.buffer) }];
    }),
  ),
};
/** As in the authors' file. */
const renamed = (prefix: string) => ({
  tensors: new Map([...archive.tensors].map(([name, tensor]) => [prefix + name, tensor])),
});

eachBackend(() => {
  describeTrimapModel({ describe, it }, () => createDeeplabV3Plus(archive), manyKinks);

  it('answers at the size of any picture, the same from every form of its file', () => {
    const image = mockPortraits(49, 65, [1]);
    const [plain, ...others] = ['', 'state_dict/', 'module.', 'state_dict/module.'].map(
      (prefix) => {
        const network = createDeeplabV3Plus(renamed(prefix));
        const logits = network.logits(image);
        network.dispose();
        return logits;
      },
    );
    expect(plain.shape).toEqual([1, 65, 49, 3]);
    for (const other of others) expect(other.dataSync()).toEqual(plain.dataSync());
    tf.dispose([image, plain, ...others]);
  });

  it('reads over what else a training checkpoint holds', () => {
    const { tensors } = renamed('state_dict/');
    const file = changed(
      { tensors },
      {
        add: {
          'optimizer/state/0/momentum_buffer': [3],
          'state_dict/backbone.bn1.num_batches_tracked': [],
        },
      },
    );
    createDeeplabV3Plus(file).dispose();
  });
}, ['wasm']);

describe('DeepLabV3+ with ResNet-101', () => {
  const refused = (weights: Parameters<typeof createDeeplabV3Plus>[0]) => {
    try {
      createDeeplabV3Plus(weights).dispose();
    } catch (error) {
      expect(error).toBeInstanceOf(WeightsError);
      return (error as Error).message;
    }
    throw new Error('The archive was read.');
  };

  it('wants the tensors of the published file', () => {
    const message = refused({ tensors: new Map() });
    expect(message).toContain('567 problems');
    for (const wanted of [
      '"backbone.layer3.22.conv2.weight" is missing (expected shape [256, 256, 3, 3])',
      '"aspp.aspp4.atrous_conv.weight" is missing (expected shape [256, 2048, 3, 3])',
      '"decoder.last_conv.0.weight" is missing (expected shape [256, 304, 3, 3])',
    ]) {
      expect(message).toContain(wanted);
    }
  });

  it('names what is missing, and refuses another number of classes', () => {
    expect(refused(changed(archive, { without: 'decoder.bn1.running_var' }))).toContain(
      '"decoder.bn1.running_var" is missing',
    );
    const classes = changed(archive, {
      add: { 'decoder.last_conv.8.weight': [21, 32, 1, 1], 'decoder.last_conv.8.bias': [21] },
    });
    expect(refused(classes)).toContain('"decoder.last_conv.8.weight"');
  });
});
