import type { FloatImage, RasterImage } from '@latent-matte/core';
import {
  gradientMagnitude,
  measureOfficially,
  officialMatte,
  scipyKernel,
} from '@latent-matte/core/evaluate';
import type { Fixture } from '../fixture';
import { type Measurement, maxError } from '../measurement';
import type { FixtureCheck } from './fixture-check';

/** Relative tolerances that the metadata states in words (`metric_tolerance`). */
const relative: Readonly<Record<string, number>> = {
  sad: 1e-5,
  mse: 1e-5,
  grad: 1e-4,
  conn_as_run: 1e-4,
  conn_stretched: 1e-2,
};

/** The authors' evaluate.py: from alpha to bytes, and the errors as run, as intended, and plain. */
export const officialMetrics: FixtureCheck = {
  items: /^official_metrics$/,
  needsBackend: false,
  run(fixture) {
    const cases = fixture.json<Record<string, Record<string, number>>>('values');
    return Object.entries(cases).flatMap(([index, values]) => [
      ...preparation(fixture, index),
      ...errors(fixture, index, values),
    ]);
  },
};

function preparation(fixture: Fixture, index: string): Measurement[] {
  const [height, width] = fixture.shape(`gt_${index}`) as [number, number];
  const [innerHeight, innerWidth] = fixture.shape(`alpha_inner_${index}`) as [number, number];
  const alpha: FloatImage = {
    width: innerWidth,
    height: innerHeight,
    channels: 1,
    data: fixture.floats(`alpha_inner_${index}`),
  };
  const { data } = officialMatte(alpha, [height, width]);
  const magnitude = gradientMagnitude(
    fixture.bytes(`pred_${index}`),
    width,
    height,
    'full-range',
    scipyKernel,
  );
  const name = `pred_gradamp_${index}`;
  const [rows, columns] = fixture.shape(name) as [number, number];
  const sampled = Array.from({ length: rows * columns }, (_, i) => {
    const [y, x] = [Math.floor(i / columns) * 4, (i % columns) * 4];
    return magnitude[y * width + x]!;
  });
  return [
    maxError(`pred_${index}`, data, fixture.bytes(`pred_${index}`), 1),
    maxError(name, sampled, fixture.floats(name), 1e-4 * fixture.info(name).max_abs),
  ];
}

function errors(
  fixture: Fixture,
  index: string,
  values: Readonly<Record<string, number>>,
): Measurement[] {
  const { asRun, asIntended, plain } = measureOfficially(
    raster(fixture, `pred_${index}`),
    raster(fixture, `gt_${index}`),
  );
  const readings = { as_run: asRun, stretched: asIntended, plain };
  return Object.entries(values).map(([key, reference]) => {
    const [metric, ...rest] = key.split('_') as ['sad' | 'mse' | 'grad' | 'conn', ...string[]];
    const found = readings[rest.join('_') as keyof typeof readings][metric];
    const tolerance = relative[key] ?? relative[metric] ?? 0;
    return maxError(`${key} of case ${index}`, [found], [reference], tolerance * reference);
  });
}

function raster(fixture: Fixture, name: string): RasterImage {
  const [height, width] = fixture.shape(name) as [number, number];
  return { width, height, channels: 1, data: fixture.bytes(name) };
}
