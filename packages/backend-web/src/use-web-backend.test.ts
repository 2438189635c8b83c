import { activeBackend, BackendError, InvalidOptionError } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useWebBackend, type WasmPaths, type WebDevice } from './use-web-backend';

describe('useWebBackend', () => {
  it('refuses webgpu for now, unknown devices, and a map of paths with holes', async () => {
    await expect(useWebBackend({ device: 'webgpu' })).rejects.toThrow(BackendError);
    await expect(useWebBackend({ device: 'webgl' as WebDevice })).rejects.toThrow(
      InvalidOptionError,
    );
    const wasmPaths = { 'tfjs-backend-wasm.wasm': '/a.wasm' } as unknown as WasmPaths;
    await expect(useWebBackend({ wasmPaths })).rejects.toThrow(
      'wasmPaths has no tfjs-backend-wasm-simd.wasm',
    );
  });

  it('starts wasm with gradients and becomes the active backend', async () => {
    const resolveWeights = async () => new Uint8Array();
    const backend = await useWebBackend({ resolveWeights });
    expect(activeBackend()).toBe(backend);
    expect(backend).toMatchObject({ platform: 'web', device: 'wasm', resolveWeights });
    expect(backend.description).toMatch(/^wasm: WebAssembly 4\.22\.0 with SIMD/);
    expect(tf.getBackend()).toBe('wasm');
    const slope = tf.tidy(() => tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2])));
    expect([...(await slope.data())]).toEqual([2, 4]);
    slope.dispose();
  });
});
