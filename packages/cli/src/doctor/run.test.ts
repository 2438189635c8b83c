import type { DeviceReport } from '@latent-matte/backend-node';
import { describe, expect, it, vi } from 'vitest';
import { memoryTerminal } from '../testing/fake-enhancement';
import { doctorCommand } from './run';

const reports: DeviceReport[] = [
  {
    device: 'cuda',
    available: false,
    detail: 'tfjs-node-gpu is not installed',
    remedy: 'Install it.',
  },
  {
    device: 'webgpu',
    available: true,
    version: '0.6.2',
    detail: 'Dawn on SwiftShader',
    software: true,
    gflops: 0.31,
    limits: { maxPixels: 4_194_304, maxSourcePixels: Number.POSITIVE_INFINITY },
  },
  {
    device: 'wasm',
    available: true,
    version: '4.22.0',
    detail: 'WebAssembly 4.22.0 with SIMD',
    gflops: 19.84,
    limits: { maxPixels: 1_324_250 },
  },
];

describe('doctorCommand', () => {
  it('prints each device with its speed, or the reason and the cure, and every model', async () => {
    const terminal = memoryTerminal();
    const list = vi.fn(async () => reports);
    await doctorCommand({}, terminal, list);
    expect(list).toHaveBeenCalledWith({ measureSeconds: 2 });
    const text = terminal.outs.join('\n');
    expect(text).toMatch(/cuda +no +tfjs-node-gpu is not installed\n +Install it\./);
    expect(text).toMatch(/webgpu +works +Dawn on SwiftShader; 0\.31 GFLOPS, .*2048².*emulated/);
    expect(text).toMatch(/wasm +works .*20 GFLOPS/);
    expect(text).toContain(
      'in use: wasm: WebAssembly 4.22.0 with SIMD; no cuda: tfjs-node-gpu is not installed; no webgpu: it is emulated',
    );
    expect(text).toMatch(/matting +compact-matting +\S/);
    expect(text).toContain('Downloaded weights are kept in');
    // Of what comes along nothing fails; an optional package may be absent.
    const refused = text.split('\n').filter((line) => line.includes('cannot be used'));
    expect(refused.filter((line) => !line.includes('mediapipe-selfie'))).toEqual([]);
  });

  it('prints JSON', async () => {
    const terminal = memoryTerminal();
    await doctorCommand({ json: true }, terminal, async () => reports);
    const document = JSON.parse(terminal.outs.join(''));
    expect(document).toMatchObject({ tool: 'latent-matte', schema: 2 });
    expect(document.devices.map((report: DeviceReport) => report.device)).toEqual([
      'cuda',
      'webgpu',
      'wasm',
    ]);
    expect(document.devices[1]).toMatchObject({ gflops: 0.31, limits: { maxPixels: 4_194_304 } });
    expect(document.devices[1].limits).not.toHaveProperty('maxSourcePixels');
    expect(document.models.length).toBeGreaterThan(4);
  });
});
