import { afterEach, describe, expect, it } from 'vitest';
import { difference, GpuMeter } from './gpu-meter';

/** The parts of WebGPU that are counted, without a GPU. */
function fakeClasses() {
  class GPUBuffer {
    constructor(readonly size: number) {}
    async mapAsync(_mode: number): Promise<void> {}
    destroy(): void {}
  }
  class GPUDevice {
    createBuffer({ size }: { size: number; mappedAtCreation?: boolean }): GPUBuffer {
      return new GPUBuffer(size);
    }
  }
  class GPUQueue {
    submit(_buffers: object[]): void {}
    writeBuffer(): void {}
  }
  class GPUComputePassEncoder {
    dispatchWorkgroups(_x: number): void {}
    dispatchWorkgroupsIndirect(): void {}
  }
  return { GPUBuffer, GPUDevice, GPUQueue, GPUComputePassEncoder };
}

describe('GpuMeter', () => {
  let meter: GpuMeter | undefined;
  afterEach(() => meter?.dispose());

  it('counts dispatches, submits, uploads and read-backs, and what is alive at most', async () => {
    const classes = fakeClasses();
    meter = new GpuMeter(classes);
    const [device, queue] = [new classes.GPUDevice(), new classes.GPUQueue()];
    const pass = new classes.GPUComputePassEncoder();
    const weights = device.createBuffer({ size: 100, mappedAtCreation: true });
    const scratch = device.createBuffer({ size: 50 });
    const before = meter.counts();
    pass.dispatchWorkgroups(1);
    pass.dispatchWorkgroupsIndirect();
    queue.writeBuffer();
    queue.submit([]);
    await scratch.mapAsync(1);
    // For writing: no read-back.
    await weights.mapAsync(2);
    scratch.destroy();
    scratch.destroy();
    device.createBuffer({ size: 20 });
    expect(meter.counts()).toMatchObject({ uploads: 1, uploadedBytes: 100 });
    expect(difference(before, meter.counts())).toEqual({
      ...{ dispatches: 2, submits: 1, uploads: 0, uploadedBytes: 0 },
      ...{ uniformWrites: 1, readBacks: 1, readBackBytes: 50 },
    });
    expect(meter.peakBytes).toBe(150);
    meter.restartPeak();
    expect(meter.peakBytes).toBe(120);
  });

  it('leaves the classes as they were, and says where there are none', () => {
    const classes = fakeClasses();
    const original = classes.GPUDevice.prototype.createBuffer;
    meter = new GpuMeter(classes);
    expect(classes.GPUDevice.prototype.createBuffer).not.toBe(original);
    meter.dispose();
    expect(classes.GPUDevice.prototype.createBuffer).toBe(original);
    expect(() => new GpuMeter({})).toThrow('start a WebGPU device first');
  });
});
