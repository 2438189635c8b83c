/**
 * The script of the worker: the SDK's own, the matting models of this demo, and a side channel for what the SDK does
 * not carry over (models from files, marks of a brush, counted tensors).
 */
import '@latent-matte/backend-web/worker';
import { keepModels, registerMattingModel } from '@latent-matte/core';
import { fromOnnx } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { guidedFilter } from './guided-filter';
import { cutOutMarked } from './marked-cut-out';
import { serve } from './side-channel';

registerMattingModel('guided-filter', guidedFilter);
// From the first photo on, each is one forward pass.
keepModels();

addEventListener('message', ({ data }: MessageEvent<{ sideChannel?: MessagePort }>) => {
  if (data?.sideChannel === undefined) return;
  serve(data.sideChannel, {
    addOnnx: async ({ name, bytes, input }) => {
      const create = () =>
        fromOnnx(new Uint8Array(bytes), { kind: 'matting', name, input, differentiable: 'image' });
      // What is wrong with the file is better said now than at the start of a run.
      create().dispose();
      registerMattingModel(name, create);
    },
    cutOutMarked,
    memory: async () => {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes };
    },
  });
});
