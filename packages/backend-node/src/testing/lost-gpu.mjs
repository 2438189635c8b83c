// Loses the GPU in the middle of a run, runs again, then asks for the fastest device. Sends what happened.

import {
  mockGenerator,
  mockMattingModel,
  mockPortrait,
  mockTrimapModel,
} from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { enhancePortrait, useNodeBackend } from '../../dist/index.js';

const backend = await useNodeBackend({ device: 'webgpu' });
const run = (onProgress) =>
  enhancePortrait(mockPortrait(64, 64), {
    model: mockMattingModel(),
    steps: 3,
    workingSize: 64,
    advanced: {
      trimap: mockTrimapModel(),
      generator: mockGenerator,
      select: 'last',
      weights: { agreement: 0 },
    },
    onProgress,
  });
const error = await run(({ step }) => {
  if (step === 1) tf.backend().device.destroy();
}).catch((cause) => cause);
const { history } = await run();
const { description } = await useNodeBackend();
process.send(
  {
    limits: backend.limits,
    error: { name: error.name, code: error.code, message: error.message },
    steps: history.length,
    totals: history.map(({ total }) => total),
    auto: description,
  },
  () => process.exit(0),
);
