import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { hashValues, readFixture } from '@latent-matte/test-kit/fixture';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { AbortedError, ImageTooSmallError, InvalidImageError, ModelOutputError } from '../errors';
import { describeMattingModel } from '../testing/describe-matting-model';
import { mockComposite } from '../testing/mock-composite';
import { closedFormMatting, solveClosedFormMatte } from './closed-form-matting';
import { ClosedFormMattingModel } from './closed-form-matting-model';
import { MattingLaplacian } from './matting-laplacian';

const maxDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let max = 0;
  for (let i = 0; i < b.length; i++) max = Math.max(max, Math.abs(a[i] - b[i]));
  return max;
};

function scene() {
  const fixture = readFixture('closedform_matting');
  const [height, width] = fixture.shape('trimap');
  const trimap = Float32Array.from(fixture.bytes('trimap'), (value) => value / 255);
  return { fixture, width, height, image: fixture.floats('image'), trimap };
}

describe('MattingLaplacian', () => {
  const { fixture, width, height, image } = scene();
  const laplacian = new MattingLaplacian(image, width, height, { epsilon: 1e-7, radius: 1 });

  it('has the product and the diagonal of pymatting', () => {
    const product = new Float64Array(width * height);
    laplacian.apply(hashValues('cf:x', width * height), product);
    expect(maxDifference(product, fixture.floats('laplacian_times_hash'))).toBeLessThan(1e-6);
    const diagonal = laplacian.diagonal(width * height);
    expect(maxDifference(diagonal, fixture.floats('laplacian_diag'))).toBeLessThan(1e-6);
  });

  it('does not see linear functions of colour', () => {
    const product = new Float64Array(width * height);
    const linear = Float64Array.from(product, (_, p) => 0.3 + image[3 * p] - 2 * image[3 * p + 2]);
    laplacian.apply(linear, product);
    expect(maxDifference(product, new Float64Array(product.length))).toBeLessThan(1e-4);
  });
});

describe('closed-form matting', () => {
  it('reproduces pymatting', () => {
    const { fixture, width, height, image, trimap } = scene();
    const exact = solveClosedFormMatte(image, trimap, width, height, { tolerance: 1e-12 });
    expect(maxDifference(exact.alpha, fixture.floats('alpha_converged'))).toBeLessThan(1e-6);
    const usual = solveClosedFormMatte(image, trimap, width, height);
    expect(maxDifference(usual.alpha, fixture.floats('alpha_default'))).toBeLessThan(1e-4);
    expect(usual.iterations).toBeLessThan(exact.iterations);
  });

  const composite = mockComposite(32, 24);
  const trimap = {
    ...composite.alpha,
    data: composite.alpha.data.map((a) => (a < 0.02 ? 0 : a > 0.98 ? 1 : 0.5)),
  };

  it('finds a matte that is nearly exact where the layers are smooth', async () => {
    const alpha = await closedFormMatting(composite.image, trimap);
    expect(alpha).toMatchObject({ width: 32, height: 24, channels: 1 });
    expect(maxDifference(alpha.data, composite.alpha.data)).toBeLessThan(0.1);
    expect(alpha.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('can be stopped', async () => {
    const signal = AbortSignal.abort();
    const stopped = closedFormMatting(composite.image, trimap, { signal });
    await expect(stopped).rejects.toBeInstanceOf(AbortedError);
    await expect(stopped).rejects.toThrow('Closed-form matting was cancelled.');
  });

  it('keeps a trimap without unknown pixels', async () => {
    const certain = { ...trimap, data: trimap.data.map((value) => (value > 0.4 ? 1 : 0)) };
    expect((await closedFormMatting(composite.image, certain)).data).toEqual(certain.data);
  });

  it('says what is wrong', async () => {
    const refused = (given: RasterImage) => closedFormMatting(composite.image, given);
    await expect(refused(mockComposite(24, 32).alpha)).rejects.toThrow(
      /image is 32×24 and the trimap 24×32/,
    );
    const nothing = { ...trimap, data: trimap.data.map(() => 0.5) };
    await expect(refused(nothing)).rejects.toBeInstanceOf(InvalidImageError);
    const small = mockComposite(2, 5);
    await expect(closedFormMatting(small.image, small.alpha)).rejects.toBeInstanceOf(
      ImageTooSmallError,
    );
    const hurried = () =>
      solveClosedFormMatte(composite.image.data, trimap.data, 32, 24, { maxIterations: 1 });
    expect(hurried).toThrow(ModelOutputError);
  });
});

eachBackend(() => {
  describeMattingModel({ describe, it }, () => new ClosedFormMattingModel(), {
    width: 32,
    height: 24,
    differentiable: 'none',
  });
});
