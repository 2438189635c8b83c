import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWorkerPool } from '@latent-matte/backend-node';
import { InvalidOptionError } from '@latent-matte/backend-node/core';
import type { CutOutWorkers } from '../cut-out/cut-out-workers';
import { workerSetup } from '../model-choice/chosen-files';
import type { Terminal } from '../terminal/terminal';
import type { ServeCommandOptions } from './grammar';
import { HttpError } from './http-error';
import { JobQueue } from './job-queue';
import { receivePhoto } from './receive';
import { refuse, sendJson } from './refuse';
import { Uploads } from './uploads';
import { wantedOf } from './wanted';

/** More are closed before they say anything. */
const CONNECTIONS = 256;

/** Threads, so that this one answers while they compute. */
const startThreads = ({ device, workers }: ServeCommandOptions): Promise<CutOutWorkers> =>
  createWorkerPool({ device, workers, setup: workerSetup() });

/**
 * `latent-matte serve`: until the signal; the jobs that have begun end first.
 *
 * @param startWorkers for tests
 */
export async function serveCommand(
  options: ServeCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  startWorkers: (options: ServeCommandOptions) => Promise<CutOutWorkers> = startThreads,
): Promise<void> {
  if (!Number.isInteger(options.port) || options.port > 65_535) {
    throw new InvalidOptionError(`--port is ${options.port}.`, 'Give a whole number to 65535.');
  }
  const workers = await startWorkers(options);
  try {
    const answer = answering(options, workers);
    const server = createServer((request, response) => {
      answer(request, response).catch((error) => refuse(error, request, response, terminal));
    });
    server.maxConnections = CONNECTIONS;
    server.requestTimeout = options.seconds * 1000 + 1000;
    server.headersTimeout = Math.min(10_000, server.requestTimeout);
    await listen(server, options);
    const { port } = server.address() as AddressInfo;
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    terminal.out(`http://${host}:${port}, ${workers.description}`);
    if (!/^(127\.|localhost$|::1$)/.test(options.host)) {
      terminal.note('Others on the network can reach this; there is no password and no TLS.');
    }
    await ended(server, signal);
  } finally {
    await workers.close();
  }
}

/** What answers requests. @throws HttpError, LatentMatteError what is wrong with one of them */
function answering(options: ServeCommandOptions, workers: CutOutWorkers) {
  const queue = new JobQueue(workers.workers, options.maxWaiting, options.jobSeconds);
  const uploads = new Uploads();
  const model = options.model !== undefined && { model: options.model };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = request.url ?? '/';
    const url = URL.canParse(target, 'http://localhost')
      ? new URL(target, 'http://localhost')
      : undefined;
    if (request.method === 'GET' && url?.pathname === '/health') {
      sendJson(response, 200, { device: workers.description, jobs: queue.jobs });
      return;
    }
    if (request.method !== 'POST' || url?.pathname !== '/cut-out') {
      throw new HttpError(404, 'NOT_FOUND', 'There is nothing here.', 'POST to /cut-out.');
    }
    const { format, onlyMask, background } = wantedOf(url.searchParams);
    queue.assertPlace();
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const photo = await uploads.count(request.socket.remoteAddress ?? '', (displaced) =>
      receivePhoto(request, options.maxBytes, options.seconds, displaced),
    );
    // Only a photo that is here in full takes a place, and it is decoded when its turn comes.
    const { bytes, confidence } = await queue.run(gone.signal, async (signal) => {
      const made = onlyMask
        ? await workers.matte(photo, { ...model, signal })
        : await workers.cutOut(photo, {
            ...model,
            signal,
            ...(background !== undefined && { background }),
          });
      return { bytes: await made.toBuffer(format), confidence: made.confidence };
    });
    // Who does not read the answer must not make it stay in memory.
    response.setTimeout(options.seconds * 1000, () => response.destroy());
    response.writeHead(200, {
      'content-type': `image/${format}`,
      'x-confidence': confidence.toFixed(3),
    });
    response.end(bytes);
  };
}

/** @throws InvalidOptionError the address is taken, or none of this machine */
async function listen(server: Server, { host, port }: ServeCommandOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new InvalidOptionError(
          `${host}:${port} cannot be listened on: ${cause.message}.`,
          'Give another --port or --host.',
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}

/** Until the signal, and then until the last answer has gone out. */
async function ended(server: Server, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      server.close(() => resolve());
      server.closeIdleConnections();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
