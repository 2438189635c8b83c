import type { Photo } from '../photos/photo';

/** Cuts photos out one after another; the worker has one thread. */
export class CutOutQueue {
  readonly #work: (photo: Photo, signal: AbortSignal) => Promise<void>;
  readonly #onChange: (photo: Photo) => void;
  readonly #waiting: Photo[] = [];
  #stop: AbortController | undefined;
  #held = false;

  /**
   * @param work cuts one photo out and throws what goes wrong
   * @param onChange a photo has another state
   */
  constructor(
    work: (photo: Photo, signal: AbortSignal) => Promise<void>,
    onChange: (photo: Photo) => void,
  ) {
    this.#work = work;
    this.#onChange = onChange;
  }

  get busy(): boolean {
    return this.#stop !== undefined;
  }

  add(photos: readonly Photo[]): void {
    for (const photo of photos) this.#become(photo, 'waiting');
    this.#waiting.push(...photos);
    void this.#run();
  }

  /** What waits is not cut out, nor what is being cut out. */
  cancel(): void {
    for (const photo of this.#waiting.splice(0)) this.#become(photo, 'cancelled');
    this.#stop?.abort();
  }

  /** Lets what waits wait, for a search. */
  set held(held: boolean) {
    this.#held = held;
    if (!held) void this.#run();
  }

  async #run(): Promise<void> {
    while (!this.busy && !this.#held && this.#waiting.length > 0) {
      const photo = this.#waiting.shift()!;
      const stop = new AbortController();
      this.#stop = stop;
      photo.failure = undefined;
      this.#become(photo, 'working');
      try {
        await this.#work(photo, stop.signal);
        photo.state = 'done';
      } catch (error) {
        photo.failure = stop.signal.aborted ? undefined : error;
        photo.state = stop.signal.aborted ? 'cancelled' : 'failed';
      } finally {
        this.#stop = undefined;
      }
      this.#onChange(photo);
    }
  }

  #become(photo: Photo, state: Photo['state']): void {
    photo.state = state;
    this.#onChange(photo);
  }
}
