import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { parseSafetensors, toFloat32 } from '../weights';
import { gradientMagnitude } from './gradient-error';
import { type MeasureMatteOptions, measureMatte } from './measure-matte';

const fixture = parseSafetensors(
  new Uint8Array(readFileSync(new URL('../../fixtures/metrics.safetensors', import.meta.url))),
);
const published = JSON.parse(fixture.metadata.get('values')!) as Record<
  string,
  Record<string, number>
>;

function raster(name: string): RasterImage & { data: Uint8Array } {
  const { shape, bytes } = fixture.tensors.get(name)!;
  return { width: shape[1]!, height: shape[0]!, channels: 1, data: bytes };
}

const map = (width: number, ...values: number[]): RasterImage => ({
  width,
  height: values.length / width,
  channels: 1,
  data: Uint8Array.from(values),
});

const variants: [MeasureMatteOptions, grad: string, conn: string][] = [
  [{}, 'grad_python', 'conn_corrected'],
  [{ connectivity: 'gca-python' }, 'grad_python', 'conn_python'],
  [{ connectivity: 'matlab', gradient: 'matlab' }, 'grad_matlab', 'conn_matlab'],
];

describe.each(['0', '1', '2'])('measureMatte on published case %s', (index) => {
  const values = published[index]!;
  const predicted = raster(`pred_${index}`);
  const truth = raster(`gt_${index}`);
  const trimap = raster(`trimap_${index}`);

  it.each(variants)('%o', (options, grad, conn) => {
    const errors = measureMatte(predicted, truth, { trimap, ...options });
    const relative = (found: number, key: string) => Math.abs(found / values[key]! - 1);
    expect(relative(errors.sad, 'sad')).toBeLessThan(1e-10);
    expect(relative(errors.mse, 'mse')).toBeLessThan(1e-10);
    expect(relative(errors.grad, grad)).toBeLessThan(1e-8);
    expect(relative(errors.conn, conn)).toBeLessThan(1e-10);
  });

  it('has the published gradient magnitude', () => {
    const { width, height, data } = predicted;
    const magnitude = gradientMagnitude(data, width, height);
    const reference = toFloat32(fixture.tensors.get(`pred_gradamp_${index}`)!);
    let next = 0;
    for (let y = 0; y < height; y += 8) {
      for (let x = 0; x < width; x += 8) {
        expect(magnitude[y * width + x]).toBeCloseTo(reference[next++]!, 6);
      }
    }
    expect(next).toBe(reference.length);
  });

  it('gives the same errors for 16-bit and float rasters', () => {
    const wide = ({ data, ...rest }: RasterImage) => ({
      ...rest,
      data: Uint16Array.from(data, (value) => value * 257),
    });
    const unit = ({ data, ...rest }: RasterImage) => ({
      ...rest,
      data: Float32Array.from(data, (value) => value / 255),
    });
    const expected = measureMatte(predicted, truth, { trimap });
    expect(measureMatte(wide(predicted), unit(truth), { trimap: wide(trimap) })).toEqual(expected);
    expect(measureMatte(unit(predicted), wide(truth), { trimap: unit(trimap) })).toEqual(expected);
  });
});

describe('measureMatte', () => {
  it('is zero for equal mattes', () => {
    const truth = raster('gt_0');
    expect(measureMatte(truth, truth)).toEqual({ grad: 0, conn: 0, mse: 0, sad: 0 });
  });

  it('counts the whole image without a trimap, or when asked to', () => {
    const predicted = map(2, 255, 0, 0, 51);
    const truth = map(2, 0, 0, 0, 0);
    const trimap = map(2, 0, 0, 0, 128);
    expect(measureMatte(predicted, truth).sad).toBeCloseTo(1.2 / 1000, 12);
    expect(measureMatte(predicted, truth, { trimap, region: 'image' }).mse).toBeCloseTo(0.26, 12);
    expect(measureMatte(predicted, truth, { trimap }).mse).toBeCloseTo(0.04, 12);
    // One float trimap value stands for unknown: 0.5.
    const half: RasterImage = { ...trimap, data: Float32Array.of(0, 1, 0, 0.5) };
    expect(measureMatte(predicted, truth, { trimap: half }).mse).toBeCloseTo(0.04, 12);
  });

  it('follows the definition of connectivity on a matte worked by hand', () => {
    // A body of three pixels and, apart from it, an islet of one. The body is Ω up to t = 0.4, where its third
    // pixel ends (102/255 = 4 × 0.1 exactly): l = 0.4, φ_p = 1, φ_g = 1 − 0.6. The islet has l = 0 and
    // φ_p = 1 − 0.6, φ_g = 1 − 1.
    const truth = map(6, 255, 255, 255, 0, 255, 0);
    const predicted = map(6, 255, 255, 102, 0, 153, 0);
    const { conn } = measureMatte(predicted, truth);
    expect(conn * 1000).toBeCloseTo(0.6 + 0.4, 12);
  });

  it('takes components 4-connected and the first of equals', () => {
    // Two diagonal pixels are two components of one pixel; the first is Ω, so l = 0 for the other.
    const truth = map(2, 255, 0, 0, 255);
    const predicted = map(2, 255, 0, 0, 127);
    expect(measureMatte(predicted, truth).conn * 1000).toBeCloseTo(1 - 127 / 255, 12);
  });

  it('leaves pixels alone at thresholds nothing reaches, as the published code does', () => {
    // Ω is empty from t = 0.5 on, so the pixel never drops out and l = 1.
    expect(measureMatte(map(1, 127), map(1, 255)).conn).toBe(0);
  });

  it('measures mattes that are 0 or 1 everywhere', () => {
    const [none, all, mixed] = [0, 255]
      .map((v) => map(4, ...new Array(8).fill(v)))
      .concat(map(4, 0, 0, 255, 255, 0, 0, 255, 255));
    const options: MeasureMatteOptions[] = [
      {},
      { connectivity: 'gca-python' },
      { connectivity: 'matlab', gradient: 'matlab' },
    ];
    for (const option of options) {
      const zero = { grad: 0, conn: 0, mse: 0, sad: 0 };
      expect(measureMatte(none, none, option)).toEqual(zero);
      expect(measureMatte(all, all, option)).toEqual(zero);
      const opposite = measureMatte(none, all, option);
      expect(opposite).toEqual({ grad: 0, conn: 0, mse: 1, sad: 0.008 });
      const half = measureMatte(all, mixed, option);
      expect(half.mse).toBe(0.5);
      expect(half.grad).toBeGreaterThan(0);
    }
  });

  it('refuses what it cannot compare, and says what is wrong', () => {
    const four = map(2, 0, 1, 2, 3);
    const refuse = (message: RegExp, ...[p, g, o]: Parameters<typeof measureMatte>) => {
      expect(() => measureMatte(p, g, o)).toThrow(InvalidImageError);
      expect(() => measureMatte(p, g, o)).toThrow(message);
    };
    refuse(/predicted matte is 2×2 and the true matte 4×1/, four, map(4, 0, 1, 2, 3));
    refuse(/predicted matte is 2×2 and the trimap 1×1/, four, four, { trimap: map(1, 128) });
    refuse(/no unknown pixel/, four, four, { trimap: map(2, 0, 255, 0, 63) });
    refuse(/without a trimap/, four, four, { region: 'unknown' });
    refuse(/has 4 values. It needs 12/, { ...four, channels: 3 }, four);
    refuse(/has 3 channels/, { ...map(1, 1, 2, 3), height: 1, channels: 3 }, map(1, 1));
    refuse(
      /predicted matte is not a RasterImage/,
      { width: 0, height: 0, channels: 1, data: new Uint8Array() },
      four,
    );
    refuse(/NaN at index 2/, { ...four, data: Float32Array.of(0, 0, Number.NaN, 0) }, four);
  });
});
