import { parseSafetensors, type SafetensorsFile, toFloat32 } from '@latent-matte/core/checkpoints';
import { hashImage, hashValues } from './hash';

/** What the metadata says about one stored tensor (fixtures/README.md §3). */
export interface ReferenceInfo {
  /** Shape before `slice`. */
  full_shape: number[];
  /** NumPy-style strided subsample that was stored, for instance `[::8,::8]`. */
  slice?: string;
  /** Of the full tensor. */
  max_abs: number;
  mean: number;
  std: number;
  /** Forward tensors: max |x − ref| ≤ tol_max · max_abs. */
  tol_max?: number;
  /** Gradients and scalars: ‖x − ref‖₂ ≤ tol_l2 · ‖ref‖₂. */
  tol_l2?: number;
  /** Which of the two applies where both are given. */
  compare?: 'max' | 'l2';
  note?: string;
}

/** A fixture file. Remembers which tensors a check looked at, so that nothing is skipped silently. */
export class Fixture {
  readonly item: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #file: SafetensorsFile;
  readonly #info: Record<string, ReferenceInfo>;
  readonly #prefix: string;
  readonly #used = new Set<string>();

  constructor(bytes: Uint8Array, fallbackItem: string) {
    this.#file = parseSafetensors(bytes);
    this.metadata = this.#file.metadata;
    this.item = this.metadata.get('item') ?? fallbackItem;
    this.#prefix = this.metadata.get('hash_prefix') ?? '';
    this.#info = JSON.parse(this.metadata.get('tensors') ?? '{}') as Record<string, ReferenceInfo>;
  }

  get names(): string[] {
    return [...this.#file.tensors.keys()];
  }

  /** Tensors no check has read. */
  get unused(): string[] {
    return this.names.filter((name) => !this.#used.has(name));
  }

  has(name: string): boolean {
    return this.#file.tensors.has(name);
  }

  shape(name: string): readonly number[] {
    return this.#tensor(name).shape;
  }

  info(name: string): ReferenceInfo {
    const info = this.#info[name];
    if (info === undefined) throw new Error(`The metadata says nothing about "${name}".`);
    return info;
  }

  floats(name: string): Float32Array {
    return toFloat32(this.#tensor(name), name);
  }

  bytes(name: string): Uint8Array {
    const tensor = this.#tensor(name);
    if (tensor.dtype !== 'U8') throw new Error(`"${name}" is ${tensor.dtype}, not U8.`);
    return tensor.bytes;
  }

  integers(name: string): Int32Array {
    const tensor = this.#tensor(name);
    if (tensor.dtype !== 'I32') throw new Error(`"${name}" is ${tensor.dtype}, not I32.`);
    return new Int32Array(tensor.bytes.slice().buffer);
  }

  /** A field of the metadata that is JSON. */
  json<T>(field: string): T {
    const text = this.metadata.get(field);
    if (text === undefined) throw new Error(`${this.item} has no "${field}".`);
    return JSON.parse(text) as T;
  }

  /** Hash values under this fixture's prefix. */
  hash(key: string, count: number, a = 1, b = 0): Float32Array {
    return hashValues(this.#prefix + key, count, a, b);
  }

  /** Structured image under this fixture's prefix, NCHW. */
  image(
    key: string,
    shape: readonly [number, number, number, number],
    scale = 0.5,
    offset = 0.5,
  ): Float32Array {
    return hashImage(this.#prefix + key, shape, scale, offset);
  }

  #tensor(name: string) {
    const tensor = this.#file.tensors.get(name);
    if (tensor === undefined) throw new Error(`The fixture has no tensor "${name}".`);
    this.#used.add(name);
    return tensor;
  }
}
