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
  mockTrimapModel,
} from '@latent-matte/core/testing';

/** Registers the mock models by name: in the page and in the worker alike. */
export function registerMocks(): void {
  registerMattingModel('mock', () => mockMattingModel());
  registerTrimapModel('mock', () => mockTrimapModel());
  registerGenerator('mock', (context) => mockGenerator(context));
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
    selectEvery: 2,
    weights: { entropy: 0.1, compositional: 0.05, consistency: 1, perceptual: 0.1, agreement: 1 },
  },
};

/** Few kernels, for WebGPU on a processor, which compiles each for tens of milliseconds. */
export const mockedBriefly: EnhanceOptions = {
  ...parts,
  steps: 10,
  advanced: {
    select: 'last',
    weights: { entropy: 0.1, compositional: 0, consistency: 1, perceptual: 0, agreement: 0 },
  },
};
