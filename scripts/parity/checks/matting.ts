import { MattingLaplacian, solveClosedFormMatte } from '@latent-matte/core/ops';
import { l2Error, maxError } from '../measurement';
import type { FixtureCheck } from './fixture-check';

/** Closed-form matting of pymatting: the Laplacian, its diagonal, and alpha to convergence, in float64. */
export const closedFormMatting: FixtureCheck = {
  items: /^closedform_matting$/,
  needsBackend: false,
  run(fixture) {
    const [height, width] = fixture.shape('trimap') as [number, number];
    const image = fixture.floats('image');
    const trimap = Float32Array.from(fixture.bytes('trimap'), (value) => value / 255);
    const laplacian = new MattingLaplacian(image, width, height, { epsilon: 1e-7, radius: 1 });
    const product = new Float64Array(width * height);
    laplacian.apply(fixture.hash('cf:x', product.length), product);
    const solve = (tolerance: number) =>
      solveClosedFormMatte(image, trimap, width, height, { tolerance }).alpha;
    return [
      l2Error('L times hash', product, fixture.floats('laplacian_times_hash'), 1e-6),
      l2Error(
        'diagonal of L',
        laplacian.diagonal(product.length),
        fixture.floats('laplacian_diag'),
        1e-6,
      ),
      maxError('alpha_converged', solve(1e-12), fixture.floats('alpha_converged'), 1e-6),
      maxError('alpha_default', solve(1e-7), fixture.floats('alpha_default'), 1e-3),
    ];
  },
};
