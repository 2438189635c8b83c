import { ModelOutputError } from '@latent-matte/core';

/** What is free to be called on a model without weights. */
const KEPT: readonly string[] = ['constructor', 'dispose'];

/**
 * Makes every method of a model that was freed say so, where tfjs would speak of a tensor or of `undefined`. For the
 * end of `dispose`, which stays and may be called again.
 */
export function refuseAfterDispose(model: { readonly name: string }): void {
  const { name } = model;
  const refuse = (): never => {
    throw new ModelOutputError(`"${name}" was disposed.`, 'Make a new one.');
  };
  for (const [key, value] of methodsOf(model)) {
    const inPlace = typeof value === 'function' ? refuse : refusing(value, refuse);
    Object.defineProperty(model, key, { value: inPlace, configurable: true });
  }
}

/** Methods of its own and of its classes, and `train`, which holds some. */
function methodsOf(model: object): Map<string, unknown> {
  const methods = new Map<string, unknown>();
  for (let at = model; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (KEPT.includes(key) || methods.has(key)) continue;
      if (typeof value === 'function' || (key === 'train' && value)) methods.set(key, value);
    }
  }
  return methods;
}

const refusing = (holder: unknown, refuse: () => never): object =>
  Object.fromEntries(
    Object.entries(holder as object).map(([key, value]) => [
      key,
      typeof value === 'function' ? refuse : value,
    ]),
  );
