import type * as tf from '@tensorflow/tfjs-core';
import type { Value } from './value';

/** What a value holds on the device; a sequence holds what its items do. */
export function tensorsOf(value: Value): readonly tf.Tensor[] {
  const items = 'items' in value ? (value.items as readonly Value[]) : [];
  return [...(value.tensor === undefined ? [] : [value.tensor]), ...items.flatMap(tensorsOf)];
}

/** For each step, the names that nothing reads after it. */
export function lastReads(
  steps: readonly { readonly inputs: readonly string[]; readonly outputs: readonly string[] }[],
  outputs: readonly string[],
): readonly (readonly string[])[] {
  const read = new Set(outputs);
  const last: string[][] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const { inputs, outputs: made } = steps[i];
    const ending = new Set([...inputs, ...made].filter((name) => name !== '' && !read.has(name)));
    for (const name of ending) read.add(name);
    last[i] = [...ending];
  }
  return last;
}

/**
 * The values of a run by name, whose tensors are freed once no name is left for them: a network of a thousand layers
 * needs room for the few maps that are still to be read. A gradient keeps what it needs by itself.
 */
export class Values {
  readonly #values: Map<string, Value>;
  /** By how many names each tensor that was made here is known. */
  readonly #names = new Map<tf.Tensor, number>();
  readonly #foreign: ReadonlySet<tf.Tensor>;

  /** @param given belong to others, and are never freed */
  constructor(given: ReadonlyMap<string, Value>) {
    this.#values = new Map(given);
    this.#foreign = new Set([...given.values()].flatMap(tensorsOf));
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
    for (const tensor of tensorsOf(value)) {
      if (!this.#foreign.has(tensor)) this.#names.set(tensor, (this.#names.get(tensor) ?? 0) + 1);
    }
  }

  /** Nothing reads it any more. */
  end(name: string): void {
    const value = this.#values.get(name);
    if (value === undefined) return;
    this.#values.delete(name);
    for (const tensor of tensorsOf(value)) {
      const left = (this.#names.get(tensor) ?? 0) - 1;
      if (left > 0) this.#names.set(tensor, left);
      else if (left === 0) {
        this.#names.delete(tensor);
        // What an operator prepared when the model was loaded is there for the next run too.
        if (!tensor.kept) tensor.dispose();
      }
    }
  }
}
