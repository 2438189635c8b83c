import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { readFixture } from '@latent-matte/test-kit/fixture';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkLeaks } from '../testing/leak-check';
import { mockComposite } from '../testing/mock-composite';
import { estimateMultiLevel } from './multi-level';
import { multiLevelOnTensors } from './multi-level-tensors';

/** Mean and largest opacity · |a − b|. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>, opacity: (p: number) => number) {
  let [sum, max] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const error = opacity(Math.floor(i / 3)) * Math.abs(a[i] - b[i]);
    sum += error;
    max = Math.max(max, error);
  }
  return { mean: sum / a.length, max };
}

function scenes() {
  const fixtures = ['foreground_37x53', 'foreground_48x64'].map((name) => {
    const fixture = readFixture(name);
    const [height, width] = fixture.shape('alpha');
    return { name, width, height, image: fixture.floats('image'), alpha: fixture.floats('alpha') };
  });
  const { image, alpha } = mockComposite(70, 45);
  return [
    ...fixtures,
    { name: 'composite', width: 70, height: 45, image: image.data, alpha: alpha.data },
  ];
}

eachBackend(() => {
  it.each(scenes())('stays close to the in-place order on $name', async (scene) => {
    const { width, height, image, alpha } = scene;
    const tensors = {
      image: tf.tensor4d(image, [1, height, width, 3]),
      alpha: tf.tensor4d(alpha, [1, height, width, 1]),
    };
    const layers = multiLevelOnTensors(tensors.image, tensors.alpha);
    const [foreground, background] = [
      await layers.foreground.data(),
      await layers.background.data(),
    ];
    tf.dispose([tensors.image, tensors.alpha, layers.foreground, layers.background]);
    const reference = estimateMultiLevel(image, alpha, width, height);
    const F = difference(foreground, reference.foreground, (p) => alpha[p]);
    const B = difference(background, reference.background, (p) => 1 - alpha[p]);
    expect(F.mean).toBeLessThan(2e-3);
    expect(B.mean).toBeLessThan(2e-3);
    expect(F.max).toBeLessThan(0.1);
    expect(B.max).toBeLessThan(0.1);
  });

  it.each([
    [1, 1],
    [1, 7],
    [5, 1],
  ])('bears a picture of %d × %d and leaves nothing behind', async (width, height) => {
    const image = tf.fill<tf.Rank.R4>([1, height, width, 3], 0.25);
    const alpha = tf.fill<tf.Rank.R4>([1, height, width, 1], 0.5);
    const { leaked } = await checkLeaks(() => {
      const { foreground, background } = multiLevelOnTensors(image, alpha);
      expect(foreground.shape).toEqual(image.shape);
      for (const value of foreground.dataSync()) expect(value).toBeGreaterThanOrEqual(0);
      tf.dispose([foreground, background]);
    });
    expect(leaked).toBe(0);
    tf.dispose([image, alpha]);
  });
});
