import type { AdvancedOptions, EnhanceOptions } from '../enhance/options';
import { InvalidOptionError } from '../errors';

/** {@link EnhanceOptions} that cross a thread: models by name, no functions, no signal. */
export type PlainEnhanceOptions = Omit<EnhanceOptions, 'signal' | 'onProgress' | 'advanced'> & {
  advanced?: Omit<AdvancedOptions, 'onPhase'>;
};

/** Options of `enhancePortrait` cut where a thread begins. */
export interface SplitEnhanceOptions {
  /** Goes over. */
  readonly plain: PlainEnhanceOptions;
  /** Stays: to be wired up by messages. */
  readonly signal?: AbortSignal;
  readonly onProgress?: EnhanceOptions['onProgress'];
  readonly onPhase?: AdvancedOptions['onPhase'];
}

/**
 * Separates what structured cloning carries from what it cannot.
 *
 * @param remedy how a caller brings their own model to the other thread
 * @throws InvalidOptionError a model object or a function, which cannot leave its thread
 */
export function splitEnhanceOptions(options: EnhanceOptions, remedy: string): SplitEnhanceOptions {
  const { signal, onProgress, advanced, ...top } = options;
  const { onPhase, ...research } = advanced ?? {};
  const plain: PlainEnhanceOptions = { ...top, ...(advanced && { advanced: research }) };
  for (const [key, value] of Object.entries(plain)) {
    const path = uncloneable(value, key);
    if (path === undefined) continue;
    const what = parts.has(path) ? 'a model of this thread' : 'a function';
    throw new InvalidOptionError(`${path} is ${what}, which cannot be sent to a worker.`, remedy);
  }
  return { plain, signal, onProgress, onPhase };
}

const parts: ReadonlySet<string> = new Set([
  'model',
  'reference',
  'advanced.trimap',
  'advanced.generator',
  'advanced.discriminator',
  'advanced.perceptual',
  'advanced.foreground',
]);

/** Where in an option something lies that cannot be cloned, if anywhere. */
function uncloneable(value: unknown, path: string): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return path;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  // A model may be all data and still be no model on the other side, without its methods.
  if (parts.has(path)) return path;
  for (const [key, entry] of Object.entries(value)) {
    const inner = uncloneable(entry, `${path}.${key}`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
