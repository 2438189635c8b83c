/** An answer other than the picture. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export const busy = (): HttpError =>
  new HttpError(503, 'BUSY', 'Too many photos are waiting.', 'Try again later.');
