// node server.mjs: POST a photo as multipart/form-data to /cut-out, get the person back as a PNG with transparency.
//
//     curl -F photo=@photo.jpg http://localhost:3000/cut-out --output cut-out.png
import {
  createWorkerPool,
  encodeImage,
  LatentMatteError,
  readImage,
  withAlpha,
} from '@latent-matte/backend-node';
import busboy from 'busboy';
import express from 'express';

const port = Number(process.env.PORT ?? 3000);
const steps = Number(process.env.STEPS ?? 20);
const timeout = 1000 * Number(process.env.TIMEOUT_SECONDS ?? 120);
/** Largest upload in bytes, and largest picture in pixels: a small file may decode to a very large picture. */
const limits = { fileSize: 20e6, maxPixels: 24e6, uploads: 32, uploadsPerClient: 8 };
/**
 * Uploads on their way, the oldest first. Behind a proxy every client has its address: count there instead. Where all
 * places are taken, the one that has taken longest gives its own to the one that comes, so that slow senders keep
 * nobody out.
 */
const uploads = new Set();
/** Photos that may wait for a thread; more are turned away rather than kept in memory. */
const maxWaiting = Number(process.env.MAX_WAITING ?? 8);

// As many as there are cores and memory, unless told otherwise.
const workers = process.env.WORKERS === undefined ? undefined : Number(process.env.WORKERS);
const pool = await createWorkerPool({ workers });
let running = 0;

const app = express();
app.disable('x-powered-by');

app.get('/health', (_request, response) => {
  response.json({ device: pool.description, workers: pool.workers, running });
});

app.post('/cut-out', async (request, response) => {
  // One signal for both ends of patience: the client hung up, or it takes too long. A timer of our own, since Node 20
  // may collect an AbortSignal.timeout inside AbortSignal.any before it fires (nodejs/node 57736).
  const patience = new AbortController();
  const { signal } = patience;
  const tooLong = new DOMException('It took too long.', 'TimeoutError');
  const timer = setTimeout(() => patience.abort(tooLong), timeout);
  response.on('close', () => {
    clearTimeout(timer);
    patience.abort(new Error('the client is gone'));
  });
  refuseWhenFull();
  const place = takePlace(request.socket.remoteAddress, patience);
  let bytes;
  try {
    bytes = await upload(request, signal);
  } finally {
    uploads.delete(place);
  }
  // Only a photo that is here in full takes a place, so that slow senders keep nobody waiting.
  refuseWhenFull();
  running++;
  try {
    const photo = await readImage(bytes, { maxPixels: limits.maxPixels });
    const { foreground, alpha, psnr } = await pool.enhancePortrait(photo, { steps, signal });
    const png = await encodeImage(withAlpha(foreground, alpha), 'png');
    response.set('X-Psnr', psnr.toFixed(1)).type('png').send(Buffer.from(png));
  } finally {
    running--;
  }
});

function takePlace(address, patience) {
  const mine = [...uploads].filter((other) => other.address === address);
  const full = mine.length >= limits.uploadsPerClient || uploads.size >= limits.uploads;
  const oldest = mine.length >= limits.uploadsPerClient ? mine[0] : [...uploads][0];
  if (full) {
    // Within the first second a slow sender looks like any other.
    if (performance.now() - oldest.since < 1000) throw busy();
    uploads.delete(oldest);
    oldest.patience.abort(new HttpError(408, 'TOO_SLOW', 'The photo took too long to arrive.'));
  }
  const place = { address, since: performance.now(), patience };
  uploads.add(place);
  return place;
}

function refuseWhenFull() {
  if (running >= pool.workers + maxWaiting) throw busy();
}

function busy() {
  return new HttpError(503, 'BUSY', 'Too many photos are waiting. Try again later.');
}

/** The bytes of the field `photo`, and nothing else: never more than the limit is read. */
function upload(request, signal) {
  return new Promise((resolve, reject) => {
    const refuse = (...reason) => {
      request.unpipe();
      // What the client still sends is thrown away, so that it gets to read the answer.
      request.resume();
      reject(new HttpError(...reason));
    };
    let form;
    try {
      form = busboy({
        headers: request.headers,
        limits: { fileSize: limits.fileSize, files: 1, fields: 0, parts: 2 },
      });
    } catch {
      refuse(415, 'NOT_A_FORM', 'Send multipart/form-data with a file in the field "photo".');
      return;
    }
    let photo;
    form.on('file', (name, file) => {
      if (name !== 'photo') {
        file.on('error', () => refuse(400, 'BAD_FORM', 'The form is incomplete.'));
        file.resume();
        return;
      }
      const chunks = [];
      file.on('data', (chunk) => chunks.push(chunk));
      // A body that breaks off inside a part fails here too, and an 'error' that nobody hears ends the process.
      file.on('error', () => refuse(400, 'BAD_FORM', 'The form is incomplete.'));
      file.on('limit', () =>
        refuse(413, 'FILE_TOO_LARGE', `Send at most ${limits.fileSize / 1e6} megabytes.`),
      );
      file.on('end', () => {
        photo = Buffer.concat(chunks);
      });
    });
    form.on('close', () =>
      photo?.length > 0
        ? resolve(photo)
        : refuse(400, 'NO_FILE', 'Send a file in the field "photo".'),
    );
    form.on('error', () => refuse(400, 'BAD_FORM', 'The form is incomplete.'));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    request.pipe(form);
  });
}

class HttpError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What a client did wrong, by the SDK's codes; everything else is ours. */
const statuses = {
  INVALID_IMAGE: 415,
  IMAGE_TOO_LARGE: 413,
  IMAGE_TOO_SMALL: 422,
  NO_PERSON: 422,
};

app.use((error, _request, response, _next) => {
  if (response.destroyed || response.headersSent) return;
  // Of the two reasons to stop, only this one leaves somebody who reads the answer.
  if (error.name === 'TimeoutError' || error.code === 'ABORTED') {
    response.status(504).json({ code: 'TIMEOUT', message: 'It took too long.' });
    return;
  }
  const known = error instanceof HttpError || LatentMatteError.isInstance(error);
  const status = error.status ?? (known ? statuses[error.code] : undefined) ?? 500;
  if (status === 500) console.error(error);
  // What went wrong inside is nobody's business outside.
  const message = status === 500 ? 'Something went wrong.' : error.message;
  if (status === 503) response.set('Retry-After', '30');
  response.status(status).json({ code: status === 500 ? 'INTERNAL' : error.code, message });
});

const server = app.listen(port, () => {
  console.log(`http://localhost:${server.address().port}, ${pool.description}`);
});
// Slow senders do not hold a connection for ever.
server.requestTimeout = 30_000;
server.headersTimeout = 10_000;

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void pool.close();
  });
}
