import { hashValues, readFixture } from '@latent-matte/test-kit/fixture';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, ModelOutputError } from '../errors';
import { mockComposite } from '../testing/mock-composite';
import { closedFormGradients, solveClosedForm } from './closed-form';

/** Largest opacity · |found − expected|. */
function visibleDifference(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  opacity: (pixel: number) => number,
): number {
  let max = 0;
  for (let i = 0; i < expected.length; i++) {
    max = Math.max(max, opacity(Math.floor(i / 3)) * Math.abs(found[i] - expected[i]));
  }
  return max;
}

function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

function scene(name: string) {
  const fixture = readFixture(name);
  const [height, width] = fixture.shape('alpha');
  return {
    fixture,
    width,
    height,
    image: fixture.floats('image'),
    alpha: fixture.floats('alpha'),
  };
}

describe.each(['foreground_37x53', 'foreground_48x64'])('closed form on %s', (name) => {
  const { fixture, width, height, image, alpha } = scene(name);

  it('reproduces the converged layers', () => {
    const { foreground, background } = solveClosedForm(image, alpha, width, height, {
      tolerance: 1e-10,
    });
    const F = visibleDifference(foreground, fixture.floats('F_cf_unclipped'), (p) => alpha[p]);
    const B = visibleDifference(background, fixture.floats('B_cf_unclipped'), (p) => 1 - alpha[p]);
    expect(F).toBeLessThan(1e-6);
    expect(B).toBeLessThan(1e-6);
    const everywhere = visibleDifference(foreground, fixture.floats('F_cf_unclipped'), () => 1);
    expect(everywhere).toBeLessThan(1e-5);
  });

  it('is right to a thousandth by default, in a few dozen iterations', () => {
    const layers = solveClosedForm(image, alpha, width, height);
    const F = visibleDifference(
      layers.foreground,
      fixture.floats('F_cf_unclipped'),
      (p) => alpha[p],
    );
    expect(F).toBeLessThan(1e-3);
    expect(layers.iterations).toBeLessThan(3 * 20);
  });

  it('has the exact gradient', () => {
    const options = { tolerance: 1e-11 };
    const layers = solveClosedForm(image, alpha, width, height, options);
    const weights = hashValues('grad:FB', 2 * image.length);
    const gradients = closedFormGradients(
      image,
      alpha,
      width,
      height,
      layers,
      {
        foreground: weights.subarray(0, image.length),
        background: weights.subarray(image.length),
      },
      options,
    );
    expect(relativeError(gradients.image, fixture.floats('grad_image_cf'))).toBeLessThan(1e-6);
    expect(relativeError(gradients.alpha, fixture.floats('grad_alpha_cf'))).toBeLessThan(1e-6);
  });
});

describe('solveClosedForm', () => {
  it.each([0, 0.5, 1])('keeps the picture where alpha is %d everywhere', (value) => {
    const { image } = mockComposite(9, 6);
    const alpha = new Float32Array(54).fill(value);
    const { foreground, background } = solveClosedForm(image.data, alpha, 9, 6);
    const composed = foreground.map((f, i) => value * f + (1 - value) * background[i]);
    expect(visibleDifference(composed, image.data, () => 1)).toBeLessThan(1e-3);
    expect(background.every(Number.isFinite)).toBe(true);
  });

  it.each([
    [1, 1],
    [1, 7],
    [5, 1],
    [2, 3],
  ])('bears a picture of %d × %d', (width, height) => {
    const { image, alpha } = mockComposite(width, height);
    const { foreground, background } = solveClosedForm(image.data, alpha.data, width, height);
    for (const layer of [foreground, background]) {
      expect(layer).toHaveLength(3 * width * height);
      expect(layer.every((value) => value > -0.5 && value < 1.5)).toBe(true);
    }
  });

  it('says when it was not given enough iterations', () => {
    const { image, alpha } = mockComposite(24, 24);
    const solve = () => solveClosedForm(image.data, alpha.data, 24, 24, { maxIterations: 2 });
    expect(solve).toThrow(ModelOutputError);
    expect(solve).toThrow(/did not converge in 2 iterations/);
  });

  it.each([{ regularization: 0 }, { tolerance: Number.NaN }, { maxIterations: 1.5 }])(
    'refuses %o',
    (options) => {
      const { image, alpha } = mockComposite(2, 2);
      expect(() => solveClosedForm(image.data, alpha.data, 2, 2, options)).toThrow(
        InvalidOptionError,
      );
    },
  );
});
