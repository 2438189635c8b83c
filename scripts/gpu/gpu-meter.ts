/** What a device was asked to do, since the meter was put in. */
export interface GpuCounts {
  /** Compute shaders started. */
  readonly dispatches: number;
  readonly submits: number;
  /** Buffers filled from this process: weights, pictures, constants. */
  readonly uploads: number;
  readonly uploadedBytes: number;
  /** Small writes of the parameters of a shader. */
  readonly uniformWrites: number;
  /** Buffers mapped for this process to read: each waits for the GPU. */
  readonly readBacks: number;
  readonly readBackBytes: number;
}

/** `GPUMapMode.READ`. */
const READ = 1;

// biome-ignore lint/suspicious/noExplicitAny: methods of WebGPU's classes, whatever they take.
type Method = (this: object, ...args: any[]) => unknown;
type Class = { readonly prototype: Record<string, Method> };
interface Sized {
  readonly size: number;
}

/**
 * Counts what reaches WebGPU, by standing before the methods of its classes: Dawn's in Node and a browser's are the same.
 * Whoever asks for the work, tfjs or other code, is counted.
 */
export class GpuMeter {
  #counts: { -readonly [Key in keyof GpuCounts]: GpuCounts[Key] } = {
    dispatches: 0,
    submits: 0,
    uploads: 0,
    uploadedBytes: 0,
    uniformWrites: 0,
    readBacks: 0,
    readBackBytes: 0,
  };
  #liveBytes = 0;
  #peakBytes = 0;
  readonly #sizes = new WeakMap<object, number>();
  readonly #undo: (() => void)[] = [];

  /** @param classes where `GPUDevice` and the others are: `globalThis` once a device was made */
  constructor(classes: Readonly<Record<string, unknown>>) {
    const count = this.#counts;
    this.#before(classes, 'GPUComputePassEncoder', 'dispatchWorkgroups', () => {
      count.dispatches++;
    });
    this.#before(classes, 'GPUComputePassEncoder', 'dispatchWorkgroupsIndirect', () => {
      count.dispatches++;
    });
    this.#before(classes, 'GPUQueue', 'submit', () => {
      count.submits++;
    });
    this.#before(classes, 'GPUQueue', 'writeBuffer', () => {
      count.uniformWrites++;
    });
    this.#before(classes, 'GPUBuffer', 'mapAsync', (buffer, mode) => {
      if (((mode as number) & READ) === 0) return;
      count.readBacks++;
      count.readBackBytes += (buffer as Sized).size;
    });
    this.#before(classes, 'GPUBuffer', 'destroy', (buffer) => {
      this.#liveBytes -= this.#sizes.get(buffer) ?? 0;
      this.#sizes.delete(buffer);
    });
    this.#after(classes, 'GPUDevice', 'createBuffer', (buffer, description) => {
      const { size, mappedAtCreation } = description as Sized & { mappedAtCreation?: boolean };
      this.#sizes.set(buffer as object, size);
      this.#liveBytes += size;
      this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
      if (mappedAtCreation !== true) return;
      count.uploads++;
      count.uploadedBytes += size;
    });
  }

  /** The counts so far. */
  counts(): GpuCounts {
    return { ...this.#counts };
  }

  /** Most bytes in buffers at once since the last {@link restartPeak}, those that tfjs keeps for later included. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  restartPeak(): void {
    this.#peakBytes = this.#liveBytes;
  }

  /** Takes the meter out again. */
  dispose(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #before(
    classes: Readonly<Record<string, unknown>>,
    className: string,
    method: string,
    see: (self: object, first: unknown) => void,
  ): void {
    this.#wrap(classes, className, method, (original) => {
      return function (this: object, ...args: unknown[]) {
        see(this, args[0]);
        return original.apply(this, args);
      };
    });
  }

  #after(
    classes: Readonly<Record<string, unknown>>,
    className: string,
    method: string,
    see: (result: unknown, first: unknown) => void,
  ): void {
    this.#wrap(classes, className, method, (original) => {
      return function (this: object, ...args: unknown[]) {
        const result = original.apply(this, args);
        see(result, args[0]);
        return result;
      };
    });
  }

  #wrap(
    classes: Readonly<Record<string, unknown>>,
    className: string,
    method: string,
    wrapped: (original: Method) => Method,
  ): void {
    const prototype = (classes[className] as Class | undefined)?.prototype;
    const original = prototype?.[method];
    if (prototype === undefined || original === undefined) {
      throw new Error(`There is no ${className}.${method} to count: start a WebGPU device first.`);
    }
    prototype[method] = wrapped(original);
    this.#undo.push(() => {
      prototype[method] = original;
    });
  }
}

/** What happened between two readings. */
export function difference(before: GpuCounts, after: GpuCounts): GpuCounts {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - before[name as keyof GpuCounts]]),
  ) as unknown as GpuCounts;
}
