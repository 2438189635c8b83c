import { estimateMultiLevel } from '@latent-matte/core';
import { maxError, notImplemented } from '../measurement';
import type { FixtureCheck } from './index';

/** Multi-level estimation, in the update order of pymatting. Closed form has no implementation yet. */
export const foreground: FixtureCheck = {
  items: /^foreground_/,
  needsBackend: false,
  run(fixture) {
    const [height, width] = fixture.shape('alpha') as [number, number];
    const layers = estimateMultiLevel(
      fixture.floats('image'),
      fixture.floats('alpha'),
      width,
      height,
    );
    return [
      maxError('F_ml', layers.foreground, fixture.floats('F_ml'), 1e-4),
      maxError('B_ml', layers.background, fixture.floats('B_ml'), 1e-4),
      notImplemented('closed form: F_cf, B_cf and their gradients'),
    ];
  },
};
