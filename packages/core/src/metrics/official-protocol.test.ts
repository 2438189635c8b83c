import { readFixture } from '@latent-matte/test-kit/fixture';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { greyLevels } from './grey-levels';
import { measureOfficially, officialMatte } from './official-protocol';

const fixture = readFixture('official_metrics');
const published = JSON.parse(fixture.metadata.get('values')!) as Record<
  string,
  Record<string, number>
>;

const map = (width: number, ...values: number[]): RasterImage => ({
  width,
  height: values.length / width,
  channels: 1,
  data: Uint8Array.from(values),
});

function stored(name: string): RasterImage & { data: Uint8Array } {
  const [height, width] = fixture.shape(name) as [number, number];
  return { width, height, channels: 1, data: fixture.bytes(name) };
}

describe.each(Object.entries(published))('the authors on case %s', (index, values) => {
  const truth = stored(`gt_${index}`);
  const predicted = stored(`pred_${index}`);
  const readings = measureOfficially(predicted, truth);
  const off = (found: number, key: string) => Math.abs(found / values[key]! - 1);

  it('has the figures of their code', () => {
    expect(off(readings.asRun.sad, 'sad_as_run')).toBeLessThan(1e-10);
    expect(off(readings.asRun.mse, 'mse_as_run')).toBeLessThan(1e-10);
    // SciPy keeps single precision between its passes.
    expect(off(readings.asRun.grad, 'grad_as_run')).toBeLessThan(1e-6);
    expect(off(readings.asRun.conn, 'conn_as_run')).toBeLessThan(1e-6);
  });

  it('has the figures that it means, and the plain ones', () => {
    const { asIntended, plain } = readings;
    expect(off(asIntended.sad, 'sad_stretched')).toBeLessThan(1e-6);
    expect(off(asIntended.mse, 'mse_stretched')).toBeLessThan(1e-6);
    expect(off(asIntended.grad, 'grad_stretched')).toBeLessThan(1e-6);
    // Stretched float32 values lie on the thresholds: either side is right.
    expect(off(asIntended.conn, 'conn_stretched')).toBeLessThan(1e-2);
    expect(off(plain.sad, 'sad_plain')).toBeLessThan(1e-10);
    expect(off(plain.mse, 'mse_plain')).toBeLessThan(1e-10);
  });

  it('makes their bytes of alpha', () => {
    const [height, width] = fixture.shape(`alpha_inner_${index}`) as [number, number];
    const alpha = {
      width,
      height,
      channels: 1,
      data: fixture.floats(`alpha_inner_${index}`),
    } as const;
    const { data } = officialMatte(alpha, [truth.height, truth.width]);
    const different = data.filter((value, i) => value !== predicted.data[i]).length;
    expect(different).toBeLessThanOrEqual(data.length / 1000);
  });
});

describe('the protocol of the authors', () => {
  it('counts a level too low as wrong altogether, and says what is right beside', () => {
    const { asRun, plain } = measureOfficially(map(2, 254, 1, 255, 0), map(2, 255, 0, 255, 0));
    expect(asRun.sad * 1000).toBeCloseTo(1 + 1 / 255, 12);
    expect(asRun.mse).toBeCloseTo((1 + 1 / 255 ** 2) / 4, 12);
    expect(plain.sad * 1000).toBeCloseTo(2 / 255, 12);
    expect(plain.mse).toBeCloseTo(2 / 255 ** 2 / 4, 12);
  });

  it('stretches each matte by its own range, where it means to', () => {
    const { asIntended, plain } = measureOfficially(
      map(2, 10, 60, 110, 10),
      map(2, 0, 100, 200, 0),
    );
    expect(asIntended.sad).toBeCloseTo(0, 12);
    expect(plain.sad * 1000).toBeCloseTo((10 + 40 + 90 + 10) / 255, 12);
  });

  it('truncates to bytes after clipping', () => {
    const alpha = {
      width: 4,
      height: 1,
      channels: 1,
      data: Float32Array.of(-0.1, 0.9999, 1.2, 0.5),
    } as const;
    expect(Array.from(officialMatte(alpha, [1, 4]).data)).toEqual([0, 254, 255, 127]);
  });

  it('rounds stretched bytes as OpenCV does', () => {
    const levels = greyLevels([10, 240], 'stretched-bytes');
    // 25.5 and 229.5 exactly: OpenCV's fused product lies below the first, and not below the second.
    expect(levels[33]! * 255).toBeCloseTo(25, 10);
    expect(levels[217]! * 255).toBeCloseTo(230, 10);
    expect(greyLevels([7, 7], 'stretched')).toEqual(new Float64Array(256));
  });
});
