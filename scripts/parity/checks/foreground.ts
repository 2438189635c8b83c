import type { PortraitLayers } from '@latent-matte/core';
import {
  blurFusionOnTensors,
  closedFormGradients,
  estimateBlurFusion,
  estimateMultiLevel,
  multiLevelOnTensors,
  solveClosedForm,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import { l2Error, type Measurement, maxError } from '../measurement';
import type { FixtureCheck } from './fixture-check';

/** Multi-level in the update order of pymatting and in red-black order, closed form and its exact adjoint. */
export const foreground: FixtureCheck = {
  items: /^foreground_/,
  needsBackend: true,
  async run(fixture) {
    const scene = readScene(fixture, (name) => fixture.floats(name));
    return [
      ...multiLevel(scene, fixture),
      ...(await redBlack(scene, fixture)),
      ...closedForm(scene, fixture),
    ];
  },
};

/** Both passes of blur fusion, on arrays and in tensor operations. */
export const blurFusion: FixtureCheck = {
  items: /^blurfusion_/,
  needsBackend: true,
  async run(fixture) {
    const unit = (name: string) => Float32Array.from(fixture.bytes(name), (value) => value / 255);
    const scene = readScene(fixture, unit);
    const { width, height, image, alpha } = scene;
    const half = (layer: Float32Array) => everySecondPixel(layer, width, height);
    const measurements: Measurement[] = [];
    const runs = [
      { sizes: [90], F: 'F_pass1', B: 'B_pass1', stored: half },
      { sizes: [90, 6], F: 'F', B: 'B_pass2', stored: (layer: Float32Array) => layer },
    ];
    for (const { sizes, F, B, stored } of runs) {
      const options = { sizes, background: 'blurred' as const };
      const layers = estimateBlurFusion(image, alpha, width, height, options);
      const onDevice = await onTensors(scene, (x, a) => blurFusionOnTensors(x, a, options));
      for (const [where, found] of [
        ['arrays', layers],
        ['tensors', onDevice],
      ] as const) {
        const foreground = stored(found.foreground);
        const background = half(found.background);
        measurements.push(
          maxError(`${F} on ${where}`, foreground, fixture.floats(F), 2e-5),
          maxError(`${B} on ${where}`, background, fixture.floats(B), 3e-4),
        );
      }
    }
    return measurements;
  },
};

interface Scene {
  readonly width: number;
  readonly height: number;
  readonly image: Float32Array;
  readonly alpha: Float32Array;
}

function readScene(fixture: Fixture, read: (name: string) => Float32Array): Scene {
  const [height, width] = fixture.shape('alpha') as [number, number];
  return { width, height, image: read('image'), alpha: read('alpha') };
}

function multiLevel({ width, height, image, alpha }: Scene, fixture: Fixture): Measurement[] {
  const layers = estimateMultiLevel(image, alpha, width, height);
  return [
    maxError('F_ml', layers.foreground, fixture.floats('F_ml'), 1e-4),
    maxError('B_ml', layers.background, fixture.floats('B_ml'), 1e-4),
  ];
}

/** Another order of updates: mean |α ΔF| ≤ 0.01 (fixtures/README.md §4). */
async function redBlack(scene: Scene, fixture: Fixture): Promise<Measurement[]> {
  const { alpha } = scene;
  const layers = await onTensors(scene, multiLevelOnTensors);
  const mean = (found: Float32Array, name: string, opacity: (pixel: number) => number) => {
    const reference = fixture.floats(name);
    let sum = 0;
    for (let i = 0; i < reference.length; i++) {
      sum += opacity(Math.floor(i / 3)) * Math.abs(found[i]! - reference[i]!);
    }
    return { name: `${name}, red-black, mean`, error: sum / reference.length, tolerance: 0.01 };
  };
  return [
    mean(layers.foreground, 'F_ml', (p) => alpha[p]!),
    mean(layers.background, 'B_ml', (p) => 1 - alpha[p]!),
  ];
}

/** Converged, in float64. */
function closedForm({ width, height, image, alpha }: Scene, fixture: Fixture): Measurement[] {
  const options = { tolerance: 1e-11 };
  const layers = solveClosedForm(image, alpha, width, height, options);
  const visible = (values: ArrayLike<number>, opacity: (pixel: number) => number) =>
    Float64Array.from(values, (value, i) => value * opacity(Math.floor(i / 3)));
  const weighted = (
    name: string,
    found: Float64Array,
    opacity: (pixel: number) => number,
  ): Measurement => {
    const reference = fixture.floats(name);
    return maxError(
      `${name} where visible`,
      visible(found, opacity),
      visible(reference, opacity),
      1e-5,
    );
  };
  const clipped = (values: Float64Array) => values.map((value) => Math.min(1, Math.max(0, value)));
  const weights = fixture.hash('grad:FB', 2 * image.length);
  const gradients = closedFormGradients(
    image,
    alpha,
    width,
    height,
    layers,
    { foreground: weights.subarray(0, image.length), background: weights.subarray(image.length) },
    options,
  );
  const inside = (p: number) => alpha[p]!;
  const outside = (p: number) => 1 - alpha[p]!;
  return [
    weighted('F_cf_unclipped', layers.foreground, inside),
    weighted('B_cf_unclipped', layers.background, outside),
    weighted('F_cf', clipped(layers.foreground), inside),
    weighted('B_cf', clipped(layers.background), outside),
    l2Error('grad_image_cf', gradients.image, fixture.floats('grad_image_cf'), 1e-6),
    l2Error('grad_alpha_cf', gradients.alpha, fixture.floats('grad_alpha_cf'), 1e-6),
  ];
}

/** Runs an estimator on tensors and frees everything. */
async function onTensors(
  { width, height, image, alpha }: Scene,
  estimate: (image: tf.Tensor4D, alpha: tf.Tensor4D) => PortraitLayers,
): Promise<{ foreground: Float32Array; background: Float32Array }> {
  const inputs = [
    tf.tensor4d(image, [1, height, width, 3]),
    tf.tensor4d(alpha, [1, height, width, 1]),
  ] as const;
  const { foreground, background } = estimate(...inputs);
  try {
    const [F, B] = await Promise.all([foreground.data(), background.data()]);
    return { foreground: F as Float32Array, background: B as Float32Array };
  } finally {
    tf.dispose([...inputs, foreground, background]);
  }
}

/** `[::2, ::2]` of an RGB layer. */
function everySecondPixel(layer: Float32Array, width: number, height: number): Float32Array {
  const result: number[] = [];
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const at = (y * width + x) * 3;
      result.push(...layer.subarray(at, at + 3));
    }
  }
  return Float32Array.from(result);
}
