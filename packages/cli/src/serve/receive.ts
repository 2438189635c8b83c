import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error';

/** Bodies that are the photo itself. Curl calls bytes a form where nobody says what they are. */
const RAW = /^(image\/.*|application\/octet-stream|application\/x-www-form-urlencoded|)$/i;
/** Fields in which the photo may come; the second is that of rembg's clients. */
const FIELDS = ['image', 'file'] as const;

/**
 * The photo of a request: a raw body, or the field `image` or `file` of a form. Never more than `most` bytes are kept.
 *
 * @param displaced fires when the place is another's
 * @throws HttpError 400, 408, 413, 415
 */
export async function receivePhoto(
  request: IncomingMessage,
  most: number,
  seconds: number,
  displaced: AbortSignal,
): Promise<Buffer> {
  const type = request.headers['content-type'] ?? '';
  const isForm = /^multipart\/form-data\b/i.test(type);
  if (!isForm && !RAW.test(type.split(';')[0]!.trim())) {
    request.resume();
    throw new HttpError(
      415,
      'NOT_A_PHOTO',
      `The content type is "${type}".`,
      'Send multipart/form-data with a file in the field "image", or the bytes of the photo as the body.',
    );
  }
  const body = await receiveBody(request, most, seconds, displaced);
  const photo = isForm ? await fieldOf(body, type) : body;
  if (photo.byteLength > 0) return photo;
  throw new HttpError(400, 'NO_FILE', 'There is no photo.', 'Send a file in the field "image".');
}

function receiveBody(
  request: IncomingMessage,
  most: number,
  seconds: number,
  displaced: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const fail = (error: HttpError): void => {
      clearTimeout(timer);
      request.off('data', keep);
      // What still arrives is thrown away, so that the client gets to read the answer.
      request.resume();
      reject(error);
    };
    const tooSlow = (): void =>
      fail(new HttpError(408, 'TOO_SLOW', 'The photo took too long.', 'Send it faster.'));
    const timer = setTimeout(tooSlow, seconds * 1000);
    displaced.addEventListener('abort', tooSlow, { once: true });
    const tooLarge = (): void =>
      fail(
        new HttpError(
          413,
          'FILE_TOO_LARGE',
          'The request is too large.',
          `Send at most ${most} bytes.`,
        ),
      );
    const keep = (chunk: Buffer): void => {
      length += chunk.byteLength;
      if (length > most) tooLarge();
      else chunks.push(chunk);
    };
    const broken = (): void =>
      fail(new HttpError(400, 'BROKEN_OFF', 'The request broke off.', 'Send it again.'));
    request.on('error', broken);
    request.on('close', broken);
    request.on('end', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    if (Number(request.headers['content-length'] ?? 0) > most) tooLarge();
    else request.on('data', keep);
  });
}

async function fieldOf(body: Buffer, type: string): Promise<Buffer> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': type },
    }).formData();
  } catch (cause) {
    throw new HttpError(400, 'BAD_FORM', 'The form is incomplete.', 'Send multipart/form-data.', {
      cause,
    });
  }
  const field = FIELDS.map((name) => form.get(name)).find(
    (value) => typeof value === 'object' && value !== null,
  );
  return field instanceof Blob ? Buffer.from(await field.arrayBuffer()) : Buffer.alloc(0);
}
