import { WeightFormatError } from '../../errors';
import { describeValue, PickleObject } from './pickle-values';

const empty = () =>
  new WeightFormatError('The pickle takes more off its stack than it put there. It is damaged.');

/** The stack, the marks on it and the memo of a pickle. All grow by at most one entry per instruction. */
export class PickleStack {
  readonly #items: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  push(value: unknown): void {
    this.#items.push(value);
  }

  pop(): unknown {
    if (this.#items.length <= (this.#marks.at(-1) ?? 0)) throw empty();
    return this.#items.pop();
  }

  top(): unknown {
    if (this.#items.length <= (this.#marks.at(-1) ?? 0)) throw empty();
    return this.#items.at(-1);
  }

  mark(): void {
    this.#marks.push(this.#items.length);
  }

  /** Everything above the last mark, and the mark itself, taken off. */
  popMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw empty();
    return this.#items.splice(mark);
  }

  /** Drops the top, which may be a mark. */
  drop(): void {
    if (this.#marks.at(-1) === this.#items.length) this.#marks.pop();
    else this.pop();
  }

  /** The top `count` items as an array, taken off. */
  popTuple(count: number): unknown[] {
    const items = Array.from({ length: count }, () => this.pop());
    return items.reverse();
  }

  remember(slot: number): void {
    this.#memo.set(slot, this.top());
  }

  /** MEMOIZE numbers the slots itself. */
  rememberNext(): void {
    this.#memo.set(this.#memo.size, this.top());
  }

  recall(slot: number): unknown {
    if (!this.#memo.has(slot)) {
      throw new WeightFormatError(
        `The pickle refers to its memo slot ${slot}, which is not set. It is damaged.`,
      );
    }
    return this.#memo.get(slot);
  }
}

/** `dict.update` for dicts and objects that derive from dict. */
export function setItems(target: unknown, items: readonly unknown[]): void {
  const map = target instanceof PickleObject ? target.entries : target;
  if (!(map instanceof Map) || items.length % 2 !== 0) {
    throw new WeightFormatError(`The pickle sets items of ${describeValue(target)}.`);
  }
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
}

/** `list.extend` for lists and objects that derive from list. */
export function appendItems(target: unknown, items: readonly unknown[]): void {
  const list = target instanceof PickleObject ? target.items : target;
  if (!Array.isArray(list)) {
    throw new WeightFormatError(`The pickle appends to ${describeValue(target)}.`);
  }
  for (const item of items) list.push(item);
}

/** `set.update`. */
export function addItems(target: unknown, items: readonly unknown[]): void {
  if (!(target instanceof Set)) {
    throw new WeightFormatError(`The pickle adds to ${describeValue(target)}.`);
  }
  for (const item of items) target.add(item);
}
