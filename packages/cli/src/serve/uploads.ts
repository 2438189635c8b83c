import { busy } from './http-error';

const MOST = 32;
const MOST_PER_ADDRESS = 8;

/** Bounds how many requests are being received, from one address and from all. */
export class Uploads {
  readonly #counts = new Map<string, number>();

  /** @throws HttpError 503 */
  async count<Result>(address: string, upload: () => Promise<Result>): Promise<Result> {
    const mine = this.#counts.get(address) ?? 0;
    const all = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    if (mine >= MOST_PER_ADDRESS || all >= MOST) throw busy();
    this.#counts.set(address, mine + 1);
    try {
      return await upload();
    } finally {
      const left = this.#counts.get(address)! - 1;
      if (left > 0) this.#counts.set(address, left);
      else this.#counts.delete(address);
    }
  }
}
