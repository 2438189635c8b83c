import {
  LatentMatteError,
  preload,
  useWebBackend,
  type WebBackend,
  type WebDevice,
} from '@latent-matte/backend-web/page';
import { connect, type SideChannel } from './side-channel';

/** A worker with a device in it, the networks of a cut-out, and the side channel to it. */
export interface Engine {
  readonly device: WebDevice;
  readonly backend: WebBackend;
  readonly worker: SideChannel;
  dispose(): void;
}

/** Starts a worker of ours, and the device in it, and loads the networks. @throws BackendError, WeightsError */
async function start(device: WebDevice): Promise<Engine> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ sideChannel: port2 }, [port2]);
  try {
    const backend = await useWebBackend({ device, worker });
    await preload();
    const dispose = () => {
      port1.close();
      backend.dispose();
    };
    return { device, backend, worker: connect(port1), dispose };
  } catch (error) {
    port1.close();
    worker.terminate();
    throw error;
  }
}

let current: { readonly device: WebDevice; readonly engine: Promise<Engine> } | undefined;

/** The engine in use or on its way, or another one when another device is wanted. */
export async function engineFor(device: WebDevice): Promise<Engine> {
  if (current?.device !== device) {
    void current?.engine.then((engine) => engine.dispose(), ignored);
    current = { device, engine: start(device) };
  }
  const { engine } = current;
  // One that did not start is not asked again. Who waits for it is told why.
  engine.catch(() => {
    if (current?.engine === engine) current = undefined;
  });
  return await engine;
}

/** Whoever asked for that engine was told. */
const ignored = (): void => {};

/** A device or worker that failed is not asked again: the next call gets another. */
export function stopEngineAfter(error: unknown): void {
  if (!LatentMatteError.isInstance(error) || error.code !== 'BACKEND') return;
  void current?.engine.then((engine) => engine.dispose(), ignored);
  current = undefined;
}
