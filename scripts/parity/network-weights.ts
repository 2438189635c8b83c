import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WeightArchive, WeightTensor } from '@latent-matte/core/checkpoints';
import type { Fixture } from './fixture';

/** One parameter of `specs/<net>.json` (fixtures/README.md §2). */
interface Parameter {
  readonly key: string;
  readonly shape: readonly number[];
  readonly kind: string;
  readonly a: number;
  readonly b: number;
  /** The parameter whose tensor this one shares. */
  readonly alias_of?: string;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/**
 * The checkpoint a fixture was computed with, made from the hash: PyTorch's keys, shapes and layout.
 *
 * @param folder of the fixtures; the fixture's metadata names its spec
 * @param part for fixtures of several networks, which name one spec for each
 */
export function networkWeights(fixture: Fixture, folder: string, part?: string): WeightArchive {
  const specs = fixture.metadata.get('spec');
  const file =
    part === undefined || specs === undefined
      ? specs
      : (JSON.parse(specs) as Record<string, string>)[part];
  if (file === undefined) throw new Error(`${fixture.item} names no spec.`);
  const { params } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    params: readonly Parameter[];
  };
  const tensors = new Map<string, WeightTensor>();
  const add = ({ key, shape }: Parameter, values: Float32Array) =>
    tensors.set(key, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });
  for (const parameter of params) {
    const { key, shape, kind, a, b, alias_of } = parameter;
    // `v` follows from the weight and `u`: see below.
    if (kind.startsWith('sn.v')) continue;
    const values = fixture.hash(alias_of ?? key, sizeOf(shape), a, b);
    add(parameter, kind.startsWith('sn.u') ? unit(values) : values);
  }
  for (const parameter of params) {
    if (!parameter.kind.startsWith('sn.v')) continue;
    const part = (name: string) => tensors.get(parameter.key.replace(/_v$/, name))!.bytes.buffer;
    const [u, bar] = [new Float32Array(part('_u')), new Float32Array(part('_bar'))];
    add(parameter, unit(transposedProduct(bar, u)));
  }
  return { tensors };
}

/** Divided by its length; float64, then rounded. */
function unit(values: ArrayLike<number>): Float32Array {
  const length = Math.hypot(...Array.from({ length: values.length }, (_, i) => values[i]!));
  return Float32Array.from(values, (value) => value / length);
}

/** Wᵀ u with W as a matrix of `u.length` rows. */
function transposedProduct(matrix: Float32Array, u: Float32Array): Float64Array {
  const columns = matrix.length / u.length;
  const result = new Float64Array(columns);
  for (let i = 0; i < matrix.length; i++) {
    result[i % columns]! += matrix[i]! * u[Math.floor(i / columns)]!;
  }
  return result;
}
