import { emulatedGpu } from '@latent-matte/test-kit/emulated-gpu';
import { runScript } from '@latent-matte/test-kit/run-script';
import { describe, expect, it } from 'vitest';

interface LostGpu {
  readonly limits: { readonly maxPixels: number; readonly maxSourcePixels: number };
  readonly error: { readonly name: string; readonly code: string; readonly message: string };
  readonly steps: number;
  readonly totals: readonly number[];
  readonly auto: string;
}

describe.skipIf(emulatedGpu === undefined)('the device webgpu on an emulated GPU', () => {
  it('survives the loss of the GPU, and is not chosen by itself', async () => {
    const { limits, error, steps, totals, auto } = await runScript<LostGpu>(
      new URL('../testing/lost-gpu.mjs', import.meta.url),
      [],
      emulatedGpu,
    );
    expect(error).toMatchObject({ name: 'BackendError', code: 'BACKEND' });
    expect(error.message).toMatch(/The device "webgpu" failed: the GPU was lost/);
    expect(steps).toBe(4);
    expect(totals.every(Number.isFinite)).toBe(true);
    expect(auto).toMatch(/^(cuda|native|wasm): .*no webgpu: .*in software/);
    // 128 MiB in one binding is what every WebGPU has.
    expect(limits.maxPixels).toBeGreaterThanOrEqual(2 ** 27 / 256);
    expect(limits.maxSourcePixels).toBeGreaterThanOrEqual(2 ** 27 / 16);
  }, 300_000);
});
