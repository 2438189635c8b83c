import type { CutOut, FloatImage, RasterImage } from '@latent-matte/core';
import type { NetworkInput } from '@latent-matte/models';

/** What the page may ask its worker beside the SDK's own calls. */
export interface SideChannel {
  /** Registers a network from the bytes of an ONNX file as a matting model. */
  addOnnx(model: { name: string; bytes: ArrayBuffer; input: NetworkInput }): Promise<void>;
  /** Cuts out again, with what was marked by hand. */
  cutOutMarked(marked: Marked): Promise<CutOut>;
  /** What the worker's tensors take at the moment. */
  memory(): Promise<{ tensors: number; bytes: number }>;
}

/** A photo with marks of a brush. */
export interface Marked {
  readonly image: RasterImage;
  /** The matte so far, the size of the photo. */
  readonly alpha: FloatImage;
  /** `UNMARKED`, `BACKGROUND` or `PERSON` a pixel, of any size. */
  readonly marks: { readonly width: number; readonly height: number; readonly data: Uint8Array };
}

interface Question {
  readonly id: number;
  readonly name: keyof SideChannel;
  readonly argument: unknown;
}
type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: Failure });

/** Classes do not cross; the fields of a typed error do. */
interface Failure {
  readonly message: string;
  readonly code?: unknown;
  readonly remedy?: unknown;
}

/** An error that was thrown in the worker. */
export class WorkerError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

export function serve(port: MessagePort, channel: SideChannel): void {
  port.onmessage = async ({ data: { id, name, argument } }: MessageEvent<Question>) => {
    try {
      const value: unknown = await channel[name](argument as never);
      port.postMessage({ id, value } satisfies Answer);
    } catch (thrown) {
      const { message, code, remedy } = thrown as Failure;
      port.postMessage({ id, error: { message, code, remedy } } satisfies Answer);
    }
  };
}

export function connect(port: MessagePort): SideChannel {
  const waiting = new Map<number, PromiseWithResolvers>();
  let next = 0;
  port.onmessage = ({ data }: MessageEvent<Answer>) => {
    const { resolve, reject } = waiting.get(data.id)!;
    waiting.delete(data.id);
    if ('error' in data) reject(new WorkerError(data.error));
    else resolve(data.value);
  };
  const ask = <Name extends keyof SideChannel>(name: Name) =>
    ((argument: unknown) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        port.postMessage({ id, name, argument } satisfies Question);
      })) as SideChannel[Name];
  return { addOnnx: ask('addOnnx'), cutOutMarked: ask('cutOutMarked'), memory: ask('memory') };
}

interface PromiseWithResolvers {
  resolve(value: unknown): void;
  reject(error: Error): void;
}
