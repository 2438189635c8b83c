import type { FloatImage } from '@latent-matte/backend-node';
import { describe, expect, it } from 'vitest';
import { perturbationImage } from './perturbation';

const picture = (value: number): FloatImage => ({
  width: 2,
  height: 1,
  channels: 3,
  data: new Float32Array(6).fill(value),
});

describe('perturbationImage', () => {
  it('amplifies by the largest round number that fits', () => {
    const { image, amplification } = perturbationImage(picture(0.5), picture(0.52));
    expect(amplification).toBe(20);
    expect(image.data[0]).toBeCloseTo(0.9, 5);
    expect(perturbationImage(picture(0.5), picture(0.5))).toMatchObject({ amplification: 100 });
    expect(perturbationImage(picture(0), picture(1)).amplification).toBe(1);
  });

  it('reads integer sources and refuses other sizes', () => {
    const source = { ...picture(0), data: new Uint8Array(6).fill(51) };
    expect(perturbationImage(source, picture(0.2)).image.data[0]).toBeCloseTo(0.5, 5);
    expect(() => perturbationImage({ ...source, width: 1 }, picture(0))).toThrow('1 × 1');
  });
});
