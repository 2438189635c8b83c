import type { EnhanceOptions } from '@latent-matte/backend-web';
import {
  registerDiscriminator,
  registerGenerator,
  registerMattingModel,
  registerPerceptualModel,
  registerTrimapModel,
} from '@latent-matte/core';
import {
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockPortrait,
  mockTrimapModel,
} from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';

/** Registers the mock models by name: in the page and in the worker alike. */
export function registerMocks(): void {
  registerMattingModel('mock', () => mockMattingModel());
  registerTrimapModel('mock', () => mockTrimapModel());
  registerGenerator('mock', (context) => mockGenerator(context));
  // Not made for a portrait: one that invents them, and finds no latents by itself.
  registerGenerator('mock-mapping', () => {
    const image = tf.tensor4d(mockPortrait(48, 48).data, [1, 48, 48, 3]);
    const { encode: _, ...generator } = mockGenerator({ image });
    image.dispose();
    return generator;
  });
  registerDiscriminator('mock', () => mockDiscriminator());
  registerPerceptualModel('mock', () => mockPerceptualModel());
  // Wants a working portrait over the limit of WebAssembly.
  const input = { multipleOf: 1, min: 1056, max: 1056 };
  registerMattingModel('mock-huge', () => mockMattingModel({ input }));
}

const parts: EnhanceOptions = {
  model: 'mock',
  advanced: { trimap: 'mock', generator: 'mock', discriminator: 'mock', perceptual: 'mock' },
};

/** Every part a mock, every loss on. */
export const mocked: EnhanceOptions = {
  ...parts,
  steps: 10,
  advanced: {
    ...parts.advanced,
    selectEvery: 2,
    weights: { entropy: 0.1, compositional: 0.05, consistency: 1, perceptual: 0.1, agreement: 1 },
  },
};

/** Few kernels, for WebGPU on a processor, which compiles each for tens of milliseconds. */
export const mockedBriefly: EnhanceOptions = {
  ...parts,
  steps: 10,
  advanced: {
    ...parts.advanced,
    select: 'last',
    weights: { entropy: 0.1, compositional: 0, consistency: 1, perceptual: 0, agreement: 0 },
  },
};
