import { describeGenerator } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { wantedShapes } from '@latent-matte/test-kit/random-archive';
import { describe, expect, it } from 'vitest';
import {
  autoencoderReference,
  expectAnswers,
  expectTensorsOf,
  hashedWeights,
} from '../testing/autoencoder-reference';
import {
  createCompactAutoencoder,
  createCompactAutoencoderGenerator,
} from './create-compact-autoencoder';

/** Of fixtures/make-compact-autoencoder.py, as are the rules of weights and pictures. */
const reference = autoencoderReference('compact-autoencoder');
const shapes = wantedShapes((archive) => createCompactAutoencoder(archive));
const weights = hashedWeights(shapes, (name) => name.endsWith('.conv.2.weight'));

eachBackend(() => {
  describeGenerator(
    { describe, it },
    (context) => createCompactAutoencoderGenerator(weights, context, { gain: 1 }),
    { width: 51, height: 38, spread: 0.2, gradientEpsilon: 1.5e-4, gradientTolerance: 0.05 },
  );

  it('has at most a million parameters, those of PyTorch', () => {
    expectTensorsOf(reference, shapes);
    expect(reference.parameters).toBeLessThan(1_000_000);
  });

  it.each(reference.cases)('equals PyTorch at $size, and has its gradient', (answers) => {
    const network = createCompactAutoencoder(weights);
    expectAnswers(network, answers);
    network.dispose();
  });
}, ['wasm']);
