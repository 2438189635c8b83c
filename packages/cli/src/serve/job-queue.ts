import { stopWith } from '../terminal/stop-with';
import { busy, HttpError } from './http-error';

interface Place {
  readonly begin: () => void;
}

/** Jobs that are worked on, a few at a time, and those that wait for it. */
export class JobQueue {
  readonly #atATime: number;
  readonly #mostWaiting: number;
  readonly #seconds: number;
  readonly #waiting: Place[] = [];
  #running = 0;

  /** @param seconds how long a job may wait and be worked on, together */
  constructor(atATime: number, mostWaiting: number, seconds: number) {
    this.#atATime = atATime;
    this.#mostWaiting = mostWaiting;
    this.#seconds = seconds;
  }

  /** Those that wait too. */
  get jobs(): number {
    return this.#running + this.#waiting.length;
  }

  /** @throws HttpError 503, when another job would not even get a place to wait */
  assertPlace(): void {
    if (this.jobs >= this.#atATime + this.#mostWaiting) throw busy();
  }

  /**
   * Works on a job when its turn comes. A job that takes too long is answered at once; its turn ends when the work does,
   * which hears of it from its signal.
   *
   * @param gone fires when nobody wants the result any more
   * @throws HttpError 503: no place, or not done in time
   * @throws what `work` throws
   */
  async run<Result>(
    gone: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    this.assertPlace();
    const { stop, release } = stopWith(gone);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(tooLong(this.#seconds));
        stop.abort();
      }, this.#seconds * 1000);
    });
    try {
      return await Promise.race([this.#inTurn(stop.signal, work), late]);
    } finally {
      clearTimeout(timer);
      release();
    }
  }

  async #inTurn<Result>(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    await this.#turn(signal);
    try {
      signal.throwIfAborted();
      return await work(signal);
    } finally {
      this.#running--;
      this.#waiting.shift()?.begin();
    }
  }

  /** Waits for the turn, which is then taken; who stops waiting leaves the queue. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = (): void => {
        signal.removeEventListener('abort', leave);
        this.#running++;
        resolve();
      };
      const place: Place = { begin: take };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        reject(signal.reason);
      };
      if (this.#running < this.#atATime) {
        take();
        return;
      }
      this.#waiting.push(place);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
    });
  }
}

const tooLong = (seconds: number): HttpError =>
  new HttpError(
    503,
    'TOO_LONG',
    `The photo was not done in ${seconds} seconds.`,
    'Try again later, or send a smaller photo.',
  );
