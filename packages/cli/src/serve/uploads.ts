import { busy } from './http-error';

const MOST = 32;
const MOST_PER_ADDRESS = 8;
/** Milliseconds in which an upload keeps its place whoever comes. */
const GRACE = 1000;

interface Upload {
  readonly address: string;
  readonly since: number;
  readonly stop: AbortController;
}

/**
 * Bounds how many requests are being received, from one address and from all. Where all places are taken, the upload
 * that has taken longest gives its own to the one that comes: slow senders keep nobody out.
 */
export class Uploads {
  /** The oldest first. */
  readonly #open = new Set<Upload>();
  readonly #grace: number;

  /** @param grace milliseconds, for tests */
  constructor(grace = GRACE) {
    this.#grace = grace;
  }

  /**
   * @param upload hears from its signal that another took its place
   * @throws HttpError 503, when no upload has been at it for long
   */
  async count<Result>(
    address: string,
    upload: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const mine = [...this.#open].filter((other) => other.address === address);
    if (mine.length >= MOST_PER_ADDRESS) this.#end(mine[0]!);
    else if (this.#open.size >= MOST) this.#end([...this.#open][0]!);
    const place = { address, since: performance.now(), stop: new AbortController() };
    this.#open.add(place);
    try {
      return await upload(place.stop.signal);
    } finally {
      this.#open.delete(place);
    }
  }

  #end(oldest: Upload): void {
    if (performance.now() - oldest.since < this.#grace) throw busy();
    this.#open.delete(oldest);
    oldest.stop.abort();
  }
}
