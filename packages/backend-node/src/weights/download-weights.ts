import { AbortedError, WeightsError } from '@latent-matte/core';

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Allow `http:` to this machine (127.0.0.1, [::1], localhost). Default false. */
  allowLoopback?: boolean;
}

const MAX_REDIRECTS = 5;
const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Starts a download over https. Redirects are followed by hand, so that each of them is held to the same rules.
 *
 * @param size declared by the manifest; a server that announces another is refused before a byte is read
 * @throws WeightsError not https, unreachable, an error status, another size, too many redirects
 * @throws AbortedError the signal fired
 */
export async function* downloadWeights(
  url: URL,
  size: number,
  options: DownloadOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { signal } = options;
  try {
    const body = await open(url, size, options);
    for await (const chunk of body) yield chunk;
  } catch (cause) {
    if (signal?.aborted)
      throw new AbortedError(`The download of ${url} was cancelled.`, undefined, { cause });
    if (WeightsError.isInstance(cause)) throw cause;
    throw new WeightsError(
      `The weights at ${url} cannot be fetched (${reason(cause)}).`,
      'Check the network and the URL, then try again.',
      { cause },
    );
  }
}

async function open(
  start: URL,
  size: number,
  options: DownloadOptions,
): Promise<AsyncIterable<Uint8Array>> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    assertSafe(url, options.allowLoopback === true);
    const response = await fetch(url, {
      redirect: 'manual',
      signal: options.signal ?? null,
      // A length that was announced is the length that arrives.
      headers: { 'accept-encoding': 'identity' },
    });
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      if (!URL.canParse(location, url.href)) break;
      url = new URL(location, url);
      continue;
    }
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw new WeightsError(
        `The weights at ${url} cannot be fetched: status ${response.status}.`,
        'Check the URL in the manifest.',
      );
    }
    const announced = response.headers.get('content-length');
    if (announced !== null && Number(announced) !== size) {
      await response.body.cancel();
      throw new WeightsError(
        `The server announces ${announced} bytes for ${url} instead of ${size}.`,
        'Check the manifest: the file behind the URL has changed.',
      );
    }
    return response.body as unknown as AsyncIterable<Uint8Array>;
  }
  throw new WeightsError(`${start} redirects too often, or to nowhere.`, 'Use the final address.');
}

function assertSafe(url: URL, allowLoopback: boolean): void {
  if (url.username !== '' || url.password !== '') {
    throw new WeightsError(
      `${url.host} was given with a password in its URL.`,
      'Use a URL without one.',
    );
  }
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && allowLoopback && loopback.has(url.hostname)) return;
  throw new WeightsError(
    `Weights are not fetched over ${url.protocol}// (${url}).`,
    'Give an https: or a file: URL.',
  );
}

/** `fetch` says "fetch failed" and hides why in its cause. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message || ((inner as NodeJS.ErrnoException).code ?? inner.name);
}
