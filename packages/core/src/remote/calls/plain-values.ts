import type { LongCall } from '../../contracts';
import { elementArrays, elementKind } from '../../imaging/element-kind';
import { isBytesLike } from '../../weights/plain-bytes';

/** Something among the arguments of a call that lives on one thread, or on one device. */
export interface Obstacle {
  /** Where it lies, for instance `weights.entropy`. */
  readonly path: string;
  readonly kind: 'function' | 'model' | 'tensor' | 'object';
}

/** Functions that are told something and give nothing back: `onProgress`, `onPhase` … */
export const isListener = (key: string, value: unknown): value is (event: unknown) => void =>
  typeof value === 'function' && /^on[A-Z]/.test(key);

/** Options that take a model: by name, else an object. */
const models: ReadonlySet<string> = new Set([
  'model',
  'reference',
  'references',
  'trimap',
  'generator',
  'discriminator',
  'perceptual',
  'foreground',
  'prior',
  'encoder',
]);

/** True where a call may begin again on another device: its arguments are data, listeners and a signal. */
export function isPlainCall({ arguments: args }: LongCall): boolean {
  return args.every((value) => obstacleIn(value, '') === undefined);
}

/** What in a value cannot cross to another thread, if anything. Listeners, and signals at the top, can. */
export function obstacleIn(value: unknown, path: string): Obstacle | undefined {
  return visit(value, path, path.split('.').at(-1) ?? '', new Set());
}

function visit(value: unknown, path: string, key: string, seen: Set<object>): Obstacle | undefined {
  if (isListener(key, value)) return undefined;
  if (typeof value === 'function' || typeof value === 'symbol') return { path, kind: 'function' };
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  const kind = kindOf(value, key);
  if (kind !== 'plain') return kind === 'data' ? undefined : { path, kind };
  for (const [name, entry] of Object.entries(value)) {
    // In a list, a thing is called what the list is called.
    const inner = visit(
      entry,
      path === '' ? name : `${path}.${name}`,
      Array.isArray(value) ? key : name,
      seen,
    );
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function kindOf(value: object, key: string): Obstacle['kind'] | 'plain' | 'data' {
  if (isBytesLike(value) || isSignal(value)) return 'data';
  if (isRaster(value)) return 'data';
  if (Array.isArray(value)) return 'plain';
  if ('dataId' in value && 'dtype' in value) return 'tensor';
  // A model may be all data and still be no model on the other side, without its methods.
  if ('specVersion' in value || models.has(key)) return 'model';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null ? 'plain' : 'object';
}

const isSignal = (value: object): boolean =>
  typeof AbortSignal !== 'undefined' && value instanceof AbortSignal;

const isRaster = (value: object): boolean => {
  const { width, channels, data } = value as {
    width?: unknown;
    channels?: unknown;
    data?: unknown;
  };
  return typeof width === 'number' && typeof channels === 'number' && ArrayBuffer.isView(data);
};

/** Takes what is to stay out of a copy. @returns true when it was taken */
export type Taker = (key: string, value: unknown, path: string) => boolean;

/**
 * A copy that shares no memory with the original, so that all of its buffers may be transferred: the caller keeps their
 * pixels. Of pictures just the pixels are copied, whatever buffer they lie in.
 *
 * @param take told of each entry; what it takes is left out
 */
export function plainCopy(value: unknown, take: Taker = () => false, path = ''): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const kind = elementKind(value);
    return kind === undefined
      ? structuredClone(value)
      : new elementArrays[kind](value as unknown as ArrayLike<number>);
  }
  if (isBytesLike(value)) return (value as ArrayBuffer).slice(0);
  if (Array.isArray(value)) return value.map((item, i) => plainCopy(item, take, `${path}.${i}`));
  if (isRaster(value)) {
    const { width, height, channels, data } = value as Record<string, unknown>;
    return { width, height, channels, data: plainCopy(data) };
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, entry]) => [key, entry, path === '' ? key : `${path}.${key}`] as const)
      .filter(([key, entry, inner]) => !take(key, entry, inner))
      .map(([key, entry, inner]) => [key, plainCopy(entry, take, inner)]),
  );
}
