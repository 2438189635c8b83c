import type { IncomingMessage, ServerResponse } from 'node:http';
import { LatentMatteError } from '@latent-matte/backend-node';
import type { Terminal } from '../terminal/terminal';
import { HttpError } from './http-error';

const statuses: Readonly<Record<string, number>> = {
  INVALID_IMAGE: 415,
  IMAGE_TOO_LARGE: 413,
  IMAGE_TOO_SMALL: 422,
  NO_PERSON: 422,
  INVALID_OPTION: 400,
};

/** Answers with an error: what was wrong with the request, or 500, of which the terminal is told. */
export function refuse(
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
    sendJson(response, status, { code, message, remedy });
    return;
  }
  terminal.note(String(error));
  sendJson(response, 500, { code: 'INTERNAL', message: 'Something went wrong.' });
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
