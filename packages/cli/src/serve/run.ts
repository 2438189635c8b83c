import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  cutOut,
  InvalidOptionError,
  LatentMatteError,
  matte,
  useNodeBackend,
} from '@latent-matte/backend-node';
import type { Terminal } from '../terminal/terminal';
import type { ServeCommandOptions } from './grammar';
import { busy, HttpError } from './http-error';
import { receivePhoto } from './receive';

const UPLOADS = 32;
const UPLOADS_PER_ADDRESS = 8;
const formats = ['png', 'webp', 'jpeg'] as const;
const statuses: Readonly<Record<string, number>> = {
  INVALID_IMAGE: 415,
  IMAGE_TOO_LARGE: 413,
  IMAGE_TOO_SMALL: 422,
  NO_PERSON: 422,
  INVALID_OPTION: 400,
};

/** `latent-matte serve`: until the signal; the jobs that have begun end first. */
export async function serveCommand(
  options: ServeCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (!Number.isInteger(options.port) || options.port > 65_535) {
    throw new InvalidOptionError(`--port is ${options.port}.`, 'Give a whole number to 65535.');
  }
  const { description } = await useNodeBackend({ device: options.device });
  const uploads = new Map<string, number>();
  let jobs = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET' && url.pathname === '/health') {
      json(response, 200, { device: description, jobs });
      return;
    }
    if (request.method !== 'POST' || url.pathname !== '/cut-out') {
      throw new HttpError(404, 'NOT_FOUND', 'There is nothing here.', 'POST to /cut-out.');
    }
    const format = formats.find((name) => name === (url.searchParams.get('format') ?? 'png'));
    const only = url.searchParams.get('only');
    const background = url.searchParams.get('background');
    // Only colours: a path would let a client read files of this machine.
    const isColor = background === null || /^#[\da-f]{3,8}$/i.test(background);
    if (format === undefined || !isColor || (only !== null && only !== 'mask')) {
      throw new HttpError(
        400,
        'INVALID_OPTION',
        'format, background or only is not known.',
        'Give png, webp or jpeg, a hex colour as %23fff, and only=mask.',
      );
    }
    if (jobs > options.maxWaiting) throw busy();
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const photo = await received(request);
    // Only a photo that is here in full takes a place.
    if (jobs > options.maxWaiting) throw busy();
    jobs++;
    const job = last.then(async () => {
      gone.signal.throwIfAborted();
      const settings = {
        signal: gone.signal,
        ...(options.model !== undefined && { model: options.model }),
      };
      const made =
        only === 'mask'
          ? await matte(photo, settings)
          : await cutOut(photo, { ...settings, ...(background !== null && { background }) });
      return { bytes: await made.toBuffer(format), confidence: made.confidence };
    });
    last = job.catch(() => undefined).finally(() => jobs--);
    const { bytes, confidence } = await job;
    response.writeHead(200, {
      'content-type': `image/${format}`,
      'x-confidence': confidence.toFixed(3),
    });
    response.end(bytes);
  }

  async function received(request: IncomingMessage): Promise<Buffer> {
    const address = request.socket.remoteAddress ?? '';
    const mine = uploads.get(address) ?? 0;
    const all = [...uploads.values()].reduce((sum, count) => sum + count, 0);
    if (mine >= UPLOADS_PER_ADDRESS || all >= UPLOADS) throw busy();
    uploads.set(address, mine + 1);
    try {
      return await receivePhoto(request, options.maxBytes, options.seconds);
    } finally {
      const left = uploads.get(address)! - 1;
      if (left > 0) uploads.set(address, left);
      else uploads.delete(address);
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => refuse(error, request, response, terminal));
  });
  server.requestTimeout = options.seconds * 1000 + 1000;
  server.headersTimeout = Math.min(10_000, server.requestTimeout);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new InvalidOptionError(
          `${options.host}:${options.port} cannot be listened on: ${cause.message}.`,
          'Give another --port or --host.',
        ),
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  terminal.out(`http://${host}:${port}, ${description}`);
  if (!/^(127\.|localhost$|::1$)/.test(options.host)) {
    terminal.note('Others on the network can reach this; there is no password and no TLS.');
  }
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      server.close(() => resolve());
      server.closeIdleConnections();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function refuse(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  terminal: Terminal,
): void {
  if (response.destroyed || response.headersSent) return;
  const known = error instanceof HttpError || LatentMatteError.isInstance(error);
  const status =
    error instanceof HttpError ? error.status : known ? (statuses[error.code] ?? 500) : 500;
  if (status === 503) response.setHeader('retry-after', '30');
  // A sender that is not done must not hold the connection.
  if (!request.complete) response.setHeader('connection', 'close');
  if (status !== 500 && known) {
    const { code, message, remedy } = error;
    json(response, status, { code, message, remedy });
    return;
  }
  terminal.note(String(error));
  json(response, 500, { code: 'INTERNAL', message: 'Something went wrong.' });
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
