import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activeBackend, BackendError, InvalidOptionError } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NodeDevice } from './devices';
import { listDevices } from './list-devices';
import { useNodeBackend } from './use-node-backend';

const built = new URL('../../../.native/node_modules/@tensorflow/tfjs-node', import.meta.url)
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
      expect(backend).toMatchObject({ platform: 'node', device: name });
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
    expect(description).toMatch(
      /^(native: tfjs-node.*the fastest that loads|wasm: .*; no native: )/,
    );
  });

  it('refuses devices it does not have', async () => {
    const use = (device: string) => useNodeBackend({ device: device as NodeDevice });
    await expect(use('webgpu')).rejects.toBeInstanceOf(BackendError);
    await expect(use('cuda')).rejects.toThrow('@tensorflow/tfjs-node-gpu');
    await expect(use('tpu')).rejects.toBeInstanceOf(InvalidOptionError);
    await expect(use('toString')).rejects.toBeInstanceOf(InvalidOptionError);
  });

  it('explains why native does not load', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latent-matte-native-'));
    try {
      const fake = join(folder, 'tfjs-node');
      await mkdir(join(fake, 'lib', 'napi-v8'), { recursive: true });
      await writeFile(join(fake, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
      await writeFile(
        join(fake, 'package.json'),
        JSON.stringify({ name: '@tensorflow/tfjs-node', version: '0.0.0', main: 'broken.js' }),
      );
      await writeFile(join(fake, 'broken.js'), 'throw new Error("libtensorflow.so.2 is missing")');
      vi.stubEnv('LATENT_MATTE_TFJS_NODE', fake);
      const outcome = await useNodeBackend({ device: 'native' }).catch((cause: unknown) => cause);
      // Where a real tfjs-node is installed beside this package, that one is used.
      if (!(outcome instanceof Error)) return;
      expect(outcome).toBeInstanceOf(BackendError);
      expect(outcome.message).toContain('libtensorflow.so.2 is missing');
      expect((outcome as BackendError).remedy).toContain('wasm');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('listDevices', () => {
  it('reports every device', async () => {
    const reports = await listDevices();
    expect(reports.map((report) => report.device)).toEqual(['native', 'wasm', 'cpu']);
    expect(reports.find((report) => report.device === 'wasm')?.available).toBe(true);
    for (const report of reports) expect(report.detail).not.toBe('');
  });
});
