import { existsSync } from 'node:fs';
import '@latent-matte/models';
import { BackendError, enhancePortrait, InvalidOptionError } from '@latent-matte/core';
import { activeBackend } from '@latent-matte/core/internal';
import { mockMattingModel, mockPortrait, mockTrimapModel } from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NodeDevice } from './devices';
import { useNodeBackend } from './use-node-backend';

const built = new URL('../../../../.native/node_modules/@tensorflow/tfjs-node', import.meta.url)
  .pathname;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** By hand in float64: the convolution of dy with the flipped filter. */
const EXPECTED_NORM = 1.009336094;

/** d/dx of mean(conv(x)²), which needs kernels and gradients of the active backend. */
async function gradientNorm(): Promise<number> {
  const x = tf.tensor4d(
    Array.from({ length: 64 }, (_, i) => Math.sin(i)),
    [1, 8, 8, 1],
  );
  const filter = tf.tensor4d(
    Array.from({ length: 9 }, (_, i) => Math.cos(i)),
    [3, 3, 1, 1],
  );
  const gradient = tf.grad((value: tf.Tensor) =>
    tf.mean(tf.square(tf.conv2d(value as tf.Tensor4D, filter, 1, 'same'))),
  )(x);
  const norm = Math.hypot(...(await gradient.data()));
  tf.dispose([x, filter, gradient]);
  return norm;
}

describe('useNodeBackend', () => {
  const devices: [NodeDevice, string][] = [
    ['wasm', 'wasm'],
    ['cpu', 'cpu'],
  ];
  if (existsSync(built)) devices.push(['native', 'tensorflow']);

  it.each(devices)(
    'computes a gradient on %s, without a word on the console',
    async (device, name) => {
      vi.stubEnv('LATENT_MATTE_TFJS_NODE', built);
      const consoles = (['log', 'warn', 'error', 'info'] as const).map((method) =>
        vi.spyOn(console, method).mockImplementation(() => undefined),
      );
      const backend = await useNodeBackend({ device });
      const value = await gradientNorm();
      for (const spy of consoles) expect(spy).not.toHaveBeenCalled();
      expect(backend).toMatchObject({ platform: 'node', device: name, chosenDevice: device });
      expect(backend.description).toContain(device);
      expect(backend.limits.maxPixels).toBeGreaterThan(0);
      expect(tf.getBackend()).toBe(name);
      expect(activeBackend()).toBe(backend);
      expect(tf.env().getBool('PROD')).toBe(false);
      expect(value).toBeCloseTo(EXPECTED_NORM, 4);
    },
  );

  it('leaves no process-wide crash handlers behind', async () => {
    const before = process.listeners('uncaughtException').length;
    await useNodeBackend({ device: 'wasm' });
    expect(process.listeners('uncaughtException')).toHaveLength(before);
  });

  it('chooses by itself and says why', async () => {
    vi.stubEnv('LATENT_MATTE_TFJS_NODE', '');
    const { description } = await useNodeBackend();
    expect(description).toMatch(/^(cuda|webgpu|native|wasm): /);
    if (description.startsWith('wasm')) {
      expect(description).toMatch(/; no cuda: .*; no webgpu: .*; no native: /);
    }
  });

  it('refuses devices it does not have', async () => {
    vi.stubEnv('LATENT_MATTE_TFJS_NODE', '');
    const use = (device: string) => useNodeBackend({ device: device as NodeDevice });
    await expect(use('cuda')).rejects.toThrow('@tensorflow/tfjs-node-gpu');
    await expect(use('cuda')).rejects.toBeInstanceOf(BackendError);
    await expect(use('tpu')).rejects.toBeInstanceOf(InvalidOptionError);
    await expect(use('toString')).rejects.toBeInstanceOf(InvalidOptionError);
  });

  it('refuses a device that computes wrongly', async () => {
    await useNodeBackend({ device: 'cpu' });
    const kernel = tf.getKernel('Conv2D', 'cpu');
    tf.env().set('IS_TEST', true);
    const replace = (kernelFunc: tf.KernelFunc) => {
      tf.unregisterKernel('Conv2D', 'cpu');
      tf.registerKernel({ ...kernel, kernelFunc });
    };
    try {
      replace((parameters) => {
        const result = kernel.kernelFunc(parameters) as tf.TensorInfo;
        (tf.backend().readSync(result.dataId) as Float32Array)[3] += 1;
        return result;
      });
      await expect(useNodeBackend({ device: 'cpu' })).rejects.toThrow('computes wrongly');
      replace(() => {
        throw new Error('no such instruction');
      });
      await expect(useNodeBackend({ device: 'cpu' })).rejects.toThrow('no such instruction');
    } finally {
      replace(kernel.kernelFunc);
      tf.env().set('IS_TEST', false);
    }
    await useNodeBackend({ device: 'cpu' });
  });

  it('starts wasm anew after a trap', async () => {
    await useNodeBackend({ device: 'wasm' });
    const before = tf.backend();
    const run = (trimap = mockTrimapModel()) =>
      enhancePortrait(mockPortrait(64, 64), {
        model: mockMattingModel(),
        steps: 1,
        workingSize: 64,
        advanced: { trimap },
      });
    const trap = {
      ...mockTrimapModel(),
      logits: () => {
        throw new WebAssembly.RuntimeError('memory access out of bounds');
      },
    };
    const error = await run(trap).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(BackendError);
    expect((error as Error).message).toContain(
      'The device "wasm" failed: its memory of 4 GB is full',
    );
    expect((await run()).history).toHaveLength(2);
    expect(tf.backend()).not.toBe(before);
  });
});
