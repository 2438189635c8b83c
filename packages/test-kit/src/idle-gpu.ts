import { activateWebgpu } from '@latent-matte/backend-node/internals';
import { offerSoftwareVulkan } from './software-vulkan';

/** `GPUBufferUsage.MAP_READ`. */
const MAP_READ = 1;

/**
 * Makes tfjs compute on Dawn's null device, which takes every command and does nothing: for tests that count what is
 * asked of a GPU, at no cost. What is read from it is zeros, the same `middle` between the first and the last few values
 * of a longer read. For the whole process.
 *
 * @returns what Dawn's package gave, or why there is none
 */
export async function useIdleGpu(
  middle: number,
): Promise<Awaited<ReturnType<typeof activateWebgpu>>> {
  offerSoftwareVulkan();
  let dawn: { create(options: string[]): object; globals: Record<string, object> };
  try {
    const name = 'webgpu';
    dawn = await import(
      new URL(`../../backend-node/node_modules/${name}/index.js`, import.meta.url).href
    );
  } catch (cause) {
    return { refused: 'webgpu is not installed', cause };
  }
  Object.assign(globalThis, dawn.globals);
  const navigator = { userAgent: 'test', gpu: dawn.create(['backend=null']) };
  Object.defineProperty(globalThis, 'navigator', {
    value: navigator,
    configurable: true,
    writable: true,
  });
  const started = await activateWebgpu();
  if ('refused' in started) return started;
  const { prototype } = dawn.globals.GPUBuffer as { prototype: Mapped };
  const { getMappedRange } = prototype;
  prototype.getMappedRange = function (this: Mapped, ...range: number[]) {
    const bytes = getMappedRange.apply(this, range);
    if ((this.usage & MAP_READ) === 0) return bytes;
    const values = new Float32Array(bytes).fill(0);
    if (values.length > LONG) values.fill(middle, 1, values.length - ENDS);
    return bytes;
  };
  return started;
}

const LONG = 1024;
const ENDS = 16;

interface Mapped {
  readonly usage: number;
  getMappedRange(...range: number[]): ArrayBuffer;
}
