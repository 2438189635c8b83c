import { type EnhanceOptions, enhancePortrait, type RasterImage } from '@latent-matte/backend-node';
import { difference, type GpuCounts, type GpuMeter } from './gpu-meter';

/** One step of a search, as the GPU saw it. */
export interface StepFigures {
  /** Steps that were timed: all but the first, in which shaders are compiled. */
  readonly steps: number;
  /** Median, from one report of the loop to the next; each reads the losses, so the GPU is done. */
  readonly secondsPerStep: number;
  /** Everything before the second step: networks, target of the search, compilation. */
  readonly secondsBefore: number;
  /** Of the last step. */
  readonly perStep: GpuCounts;
  readonly peakBufferMegabytes: number;
  /** The time was up before the steps were made. */
  readonly cutShort?: true;
}

const MEGABYTE = 2 ** 20;

/**
 * Runs a search and measures each of its steps.
 *
 * @param seconds after which it is stopped, with what was measured until then
 * @throws Error fewer than two steps were made in that time
 */
export async function measureSteps(
  photo: RasterImage,
  options: EnhanceOptions,
  meter: GpuMeter,
  seconds: number,
): Promise<StepFigures> {
  const began = performance.now();
  const marks: { at: number; counts: GpuCounts }[] = [];
  meter.restartPeak();
  let cutShort = false;
  try {
    await enhancePortrait(photo, {
      ...options,
      signal: AbortSignal.timeout(Math.max(1, Math.round(seconds * 1000))),
      onProgress: () => void marks.push({ at: performance.now(), counts: meter.counts() }),
    });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ABORTED') throw error;
    cutShort = true;
  }
  // The first mark is the photo itself, the second the step that compiled.
  const timed = marks.slice(1);
  if (timed.length < 2) {
    throw new Error(`Only ${Math.max(0, marks.length - 1)} steps were made in ${seconds} s.`);
  }
  const durations = timed.slice(1).map(({ at }, i) => (at - timed[i]!.at) / 1000);
  const [before, last] = timed.slice(-2) as [(typeof timed)[0], (typeof timed)[0]];
  return {
    steps: durations.length,
    secondsPerStep: median(durations),
    secondsBefore: (timed[0]!.at - began) / 1000,
    perStep: difference(before.counts, last.counts),
    peakBufferMegabytes: meter.peakBytes / MEGABYTE,
    ...(cutShort && { cutShort }),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}
