import {
  LatentMatteError,
  useWebBackend,
  type WebBackend,
  type WebDevice,
} from '@latent-matte/backend-web';
import { connect, type SideChannel } from './side-channel';

/** A worker with a device in it, and the side channel to it. */
export interface Engine {
  readonly device: WebDevice;
  readonly backend: WebBackend;
  readonly worker: SideChannel;
  dispose(): void;
}

/** Starts a worker of ours, and the device in it. @throws BackendError */
async function start(device: WebDevice): Promise<Engine> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ sideChannel: port2 }, [port2]);
  try {
    const backend = await useWebBackend({ device, worker });
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

let current: Engine | undefined;

/** The engine in use, or another one when another device is wanted. */
export async function engineFor(device: WebDevice): Promise<Engine> {
  if (current?.device === device) return current;
  current?.dispose();
  current = undefined;
  current = await start(device);
  return current;
}

/** A device or worker that failed is not asked again: the next run gets another. */
export function stopEngineAfter(error: unknown): void {
  if (!LatentMatteError.isInstance(error) || error.code !== 'BACKEND') return;
  current?.dispose();
  current = undefined;
}
