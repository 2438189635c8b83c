import type { RasterImage } from '@latent-matte/core';
import {
  gradientMagnitude,
  type MeasureMatteOptions,
  measureMatte,
} from '@latent-matte/core/evaluate';
import type { Fixture } from '../fixture';
import { type Measurement, maxError } from '../measurement';
import type { FixtureCheck } from './fixture-check';

/** Grad, Conn, MSE and SAD in each published reading, against the exact numbers of the metadata. */
export const metrics: FixtureCheck = {
  items: /^metrics$/,
  needsBackend: false,
  run(fixture) {
    const cases = JSON.parse(fixture.metadata.get('values') ?? '{}') as Record<
      string,
      Record<string, number>
    >;
    return Object.entries(cases).flatMap(([index, values]) => {
      const trimap = raster(fixture, `trimap_${index}`);
      const measure = (options: MeasureMatteOptions) =>
        measureMatte(raster(fixture, `pred_${index}`), raster(fixture, `gt_${index}`), {
          trimap,
          ...options,
        });
      const corrected = measure({});
      const matlab = measure({ connectivity: 'matlab', gradient: 'matlab' });
      const python = measure({ connectivity: 'gca-python' });
      const found: Record<string, number> = {
        sad: corrected.sad,
        mse: corrected.mse,
        grad_python: corrected.grad,
        grad_matlab: matlab.grad,
        conn_python: python.conn,
        conn_corrected: corrected.conn,
        conn_matlab: matlab.conn,
      };
      const errors = Object.entries(found).map(([name, value]): Measurement => {
        const reference = values[name] ?? Number.NaN;
        return {
          name: `${name} of case ${index}`,
          error: Math.abs(value - reference),
          tolerance: 1e-6 * Math.abs(reference),
        };
      });
      return [...errors, amplitudes(fixture, index)];
    });
  },
};

/** The map of gradient magnitudes behind Grad, stored as `[::8, ::8]`. */
function amplitudes(fixture: Fixture, index: string): Measurement {
  const { width, height, data } = raster(fixture, `pred_${index}`);
  const magnitude = gradientMagnitude(data, width, height);
  const found: number[] = [];
  for (let y = 0; y < height; y += 8) {
    for (let x = 0; x < width; x += 8) found.push(magnitude[y * width + x]!);
  }
  const name = `pred_gradamp_${index}`;
  return maxError(name, found, fixture.floats(name), 1e-6);
}

function raster(fixture: Fixture, name: string): RasterImage {
  const [height, width] = fixture.shape(name) as [number, number];
  return { width, height, channels: 1, data: fixture.bytes(name) };
}
