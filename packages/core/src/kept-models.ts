import * as tf from '@tensorflow/tfjs-core';

/** A model in use, and how to stop using it. */
export interface ModelLease<Model> {
  readonly model: Model;
  /** Frees the model, unless it is kept or another lease of it is in use. */
  dispose(): void;
}

interface Kept {
  readonly factory: unknown;
  readonly context: object | undefined;
  /** A model belongs to the device it was made on. */
  readonly device: unknown;
  readonly made: Promise<object>;
  users: number;
}

let holders = 0;
const kept = new Set<Kept>();

/**
 * Keeps the models that calls load by name: while it holds, each is loaded once and shared by all calls, where otherwise
 * every call loads its models and frees them. For a batch of photos, or a service. Generators, which are made for one
 * photo, and models that run on another thread are not kept.
 *
 * ```ts
 * import { cutOut, keepModels } from '@latent-matte/core';
 *
 * const release = keepModels();
 * for (const photo of photos) show(await cutOut(photo));
 * release();
 * ```
 *
 * @returns what ends it. Models are freed when the last holder has released them and no call uses them
 */
export function keepModels(): () => void {
  holders++;
  let mine = true;
  return () => {
    if (!mine) return;
    mine = false;
    holders--;
    if (holders === 0) for (const entry of kept) if (entry.users === 0) freeUnused(entry);
  };
}

/**
 * A model made by a factory: the kept one of the same factory and context, or a new one.
 *
 * @throws what the factory throws
 */
export async function leaseModel<Model extends object, Context>(
  factory: (context: Context) => Model | Promise<Model>,
  context: Context,
): Promise<ModelLease<Model>> {
  if (holders === 0) {
    const model = await factory(context);
    return { model, dispose: () => free(model) };
  }
  const entry = keptEntry(factory, context);
  entry.users++;
  const stop = once(() => {
    entry.users--;
    if (holders === 0 || !kept.has(entry)) freeUnused(entry);
  });
  try {
    return { model: (await entry.made) as Model, dispose: stop };
  } catch (error) {
    kept.delete(entry);
    throw error;
  }
}

function keptEntry<Model extends object, Context>(
  factory: (context: Context) => Model | Promise<Model>,
  given: Context,
): Kept {
  const device = tf.backend();
  const context = (given ?? undefined) as object | undefined;
  for (const entry of kept) {
    if (entry.device !== device) freeUnused(entry);
    else if (entry.factory === factory && isSame(entry.context, context)) return entry;
  }
  const made = Promise.resolve().then(() => factory(given));
  const entry: Kept = { factory, context, device, made, users: 0 };
  kept.add(entry);
  return entry;
}

function isSame(a: object = {}, b: object = {}): boolean {
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return left.length === right.size && left.every(([name, value]) => right.get(name) === value);
}

function freeUnused(entry: Kept): void {
  kept.delete(entry);
  // The tensors of a device that was lost are gone with it.
  const isThere = Object.values(tf.engine().registry).includes(entry.device as tf.KernelBackend);
  if (entry.users === 0 && isThere) void entry.made.then(free);
}

function free(model: object): void {
  if ('dispose' in model) (model as { dispose(): void }).dispose();
}

function once(run: () => void): () => void {
  let left = true;
  return () => {
    if (left) run();
    left = false;
  };
}
