import { fileURLToPath } from 'node:url';
import { encodeImage, readImage } from '@latent-matte/backend-node';
import { resolveWeights } from '@latent-matte/backend-node/models';
import { type EnhanceOptions, enhancePortrait, type RasterImage } from '@latent-matte/core';
import { setActiveBackend } from '@latent-matte/core/internal';
import { installCorrections } from '@latent-matte/core/ops';
import { useIdleGpu } from '@latent-matte/test-kit/idle-gpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { difference, type GpuCounts, GpuMeter } from './gpu-meter';

/** The portrait networks look no smaller. */
const SIDE = 320;
const STEPS = 4;

/** What a step may ask for; 2,680 shaders, 500 uploads and three read-backs before anyone counted, of two networks. */
const MOST_DISPATCHES = 700;

const started = await useIdleGpu(0.5);
const photoFile = fileURLToPath(
  new URL('../../examples/quickstart/astronaut-portrait.png', import.meta.url),
);

describe.skipIf('refused' in started)('what a step of `fast` asks of a GPU', () => {
  let photo: RasterImage;
  let meter: GpuMeter;
  beforeAll(async () => {
    if ('refused' in started) return;
    const { limits } = started;
    setActiveBackend({
      platform: 'node',
      device: 'webgpu',
      limits,
      readImage,
      resolveWeights,
    } as never);
    installCorrections();
    photo = await readImage(
      await encodeImage(await readImage(photoFile), 'png', { maxSide: SIDE }),
    );
    meter = new GpuMeter(globalThis as unknown as Record<string, unknown>);
  });

  /** Of each step: the first is the photo, the last has no gradient. */
  async function countsOf(advanced: EnhanceOptions['advanced']): Promise<(GpuCounts & Compiled)[]> {
    const compiled = countPipelines();
    const marks: (GpuCounts & Compiled)[] = [];
    try {
      await enhancePortrait(photo, {
        steps: STEPS,
        workingSize: SIDE,
        // The device shows nobody: a selection would refuse the photo.
        advanced: { select: 'last', ...advanced },
        onProgress: () => void marks.push({ ...meter.counts(), pipelines: compiled.count() }),
      });
    } finally {
      compiled.stop();
    }
    return marks.slice(1).map((mark, i) => difference(marks[i]!, mark) as GpuCounts & Compiled);
  }

  it('keeps its budget with every bound', async () => {
    const steps = await countsOf({});
    expect(steps).toHaveLength(STEPS);
    for (const step of steps.slice(0, -1)) {
      expect(step.dispatches).toBeLessThanOrEqual(MOST_DISPATCHES);
      // More than convolutions alone: the meter counts.
      expect(step.dispatches).toBeGreaterThan(500);
      expect(step.readBacks).toBe(1);
    }
    for (const step of steps.slice(1)) {
      // What the local bounds took back, worked out on the processor.
      expect(step.uploads).toBeLessThanOrEqual(1);
      expect(step.pipelines).toBe(0);
    }
  });

  it('uploads nothing where no bound takes anything back', async () => {
    const steps = await countsOf({ maxBlockShift: 0, maxColorDifference: 0 });
    for (const step of steps.slice(1)) {
      expect(step.uploads).toBe(0);
      expect(step.pipelines).toBe(0);
      expect(step.readBacks).toBe(1);
      expect(step.readBackBytes).toBeLessThan(100);
    }
  });
});

if ('refused' in started) it.skip(`no null device: ${started.refused}`, () => {});

interface Compiled {
  readonly pipelines: number;
}

/** Shaders that are compiled from now on. */
function countPipelines() {
  const { prototype } = (globalThis as unknown as Record<string, { prototype: Device }>).GPUDevice!;
  const { createComputePipeline } = prototype;
  let count = 0;
  prototype.createComputePipeline = function (this: object, ...args: unknown[]) {
    count++;
    return createComputePipeline.apply(this, args);
  };
  return {
    count: () => count,
    stop() {
      prototype.createComputePipeline = createComputePipeline;
    },
  };
}

interface Device {
  createComputePipeline(this: object, ...args: unknown[]): object;
}
