import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { BackendError, InvalidOptionError } from '@latent-matte/core';
import { activeBackend } from '@latent-matte/core/internal';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useWebBackend } from './use-web-backend';
import type { WasmPaths } from './wasm-paths';
import type { WebDevice } from './web-devices';

// What a page does is tested in tests/browser.
const wasmPaths = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

describe('useWebBackend', () => {
  it('refuses unknown devices, devices and workers that are not there, and a map of paths with holes', async () => {
    await expect(useWebBackend({ device: 'webgl' as WebDevice })).rejects.toThrow(
      InvalidOptionError,
    );
    await expect(useWebBackend({ device: 'webgpu' })).rejects.toThrow(BackendError);
    await expect(useWebBackend({ worker: true })).rejects.toThrow(/no workers here/);
    const holes = { 'tfjs-backend-wasm.wasm': '/a.wasm' } as unknown as WasmPaths;
    await expect(useWebBackend({ wasmPaths: holes })).rejects.toThrow(
      'wasmPaths has no tfjs-backend-wasm-simd.wasm',
    );
  });

  it('falls back to wasm, says why, registers gradients and becomes the active backend', async () => {
    const resolveWeights = async () => new Uint8Array();
    const backend = await useWebBackend({ resolveWeights, wasmPaths });
    expect(activeBackend()).toBe(backend);
    expect(backend).toMatchObject({ platform: 'web', device: 'wasm', resolveWeights });
    expect(backend.description).toMatch(/^wasm: WebAssembly 4\.22\.0 with SIMD; no webgpu: /);
    expect(backend.limits.maxPixels).toBeLessThanOrEqual(1024 ** 2);
    expect(tf.getBackend()).toBe('wasm');
    const slope = tf.tidy(() => tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2])));
    expect([...(await slope.data())]).toEqual([2, 4]);
    slope.dispose();
  });
});
