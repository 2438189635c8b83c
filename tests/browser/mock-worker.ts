/** A worker script as an application would write it: the SDK's, and models of its own. */
import '@latent-matte/backend-web/worker';
import * as tf from '@tensorflow/tfjs-core';
import { loseDevice, type Question, questions } from './lose-device';
import { registerMocks } from './mocks';

registerMocks();

const channel = new BroadcastChannel(questions);
channel.onmessage = async ({ data }: MessageEvent<Question>) => {
  if (data === 'lose the device') await loseDevice();
  channel.postMessage({ tensors: tf.memory().numTensors });
};
