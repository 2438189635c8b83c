import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LatentMatteError } from '@latent-matte/core';
import {
  assignWeights,
  type CheckpointScalar,
  openCheckpoint,
  toFloat32,
  type WeightArchive,
  type WeightTensor,
} from '@latent-matte/core/checkpoints';
import { expectation, type Measurement, maxError } from '../measurement';

/** An entry of formats/manifest.json. */
export interface FormatEntry {
  readonly file: string;
  readonly expect: string;
  readonly what: string;
}

/** What the manifest expects of one value of a file; `values` and `first` in row-major order. */
interface ExpectedValue {
  dtype?: string;
  shape?: number[];
  values?: (number | boolean)[];
  first?: number[];
  sum?: number;
  scalar?: unknown;
}

export interface FormatManifest {
  readonly files: readonly FormatEntry[];
  readonly expected: Readonly<Record<string, Record<string, ExpectedValue>>>;
}

/** Tensors as any reader returns them; scalars where the format has them. */
type Loaded = WeightArchive & { readonly scalars?: ReadonlyMap<string, CheckpointScalar> };

/** Files `openCheckpoint` tells apart by their content. Entries of other names are reported as `missing`. */
const checkpoints = /\.(safetensors|pt|pth|pkl)$/;

export function canCheckFormat({ file }: FormatEntry): boolean {
  return checkpoints.test(file);
}

/** Loads or refuses one file as the manifest says. */
export async function checkFormat(
  entry: FormatEntry,
  manifest: FormatManifest,
  folder: string,
): Promise<Measurement[]> {
  const bytes = new Uint8Array(readFileSync(join(folder, 'formats', entry.file)));
  const prototypeKeys = Reflect.ownKeys(Object.prototype).length;
  let archive: Loaded | undefined;
  let refusal: unknown;
  try {
    archive = await openCheckpoint(bytes);
  } catch (error) {
    refusal = error;
  }
  const measurements = [
    expectation(
      'Object.prototype is untouched',
      Reflect.ownKeys(Object.prototype).length === prototypeKeys,
    ),
  ];
  if (refusal !== undefined) {
    measurements.push(
      expectation(
        'the refusal is a typed error with a message and a remedy',
        LatentMatteError.isInstance(refusal) &&
          refusal.code === 'WEIGHT_FORMAT' &&
          refusal.remedy !== '',
      ),
    );
  }
  switch (entry.expect) {
    case 'reject':
      measurements.push(expectation('is refused', refusal !== undefined));
      break;
    case 'load':
    case 'load or clear error':
    case 'load (optional: protocol 2 encodes bytes as _codecs.encode(str,latin1))':
      measurements.push(...compareTensors(archive, manifest.expected[entry.file] ?? {}));
      break;
    case 'load with check':
    case 'load, then model assignment error':
    case 'load, then model assignment error or explicit cast':
      measurements.push(...compareAssignment(entry, archive));
      break;
    default:
      // "reject or load": either is fine, the expectations above hold for both.
      if (!entry.expect.startsWith('reject or load')) {
        throw new Error(`The manifest expects "${entry.expect}", which this script does not know.`);
      }
  }
  return measurements;
}

function compareTensors(
  archive: Loaded | undefined,
  expected: Record<string, ExpectedValue>,
): Measurement[] {
  if (archive === undefined) return [expectation('loads', false)];
  return Object.entries(expected).flatMap(([name, value]) => {
    if ('scalar' in value) {
      return [expectation(`${name} is there`, archive.scalars?.get(name) === value.scalar)];
    }
    // Objects that are neither may be left out.
    if (value.shape === undefined) return [];
    const tensor = archive.tensors.get(name);
    if (tensor === undefined) return [expectation(`${name} is there`, false)];
    const found = numbersOf(tensor);
    const measurements = [
      expectation(`shape of ${name}`, tensor.shape.join() === value.shape.join()),
    ];
    if (value.values !== undefined) {
      measurements.push(maxError(name, found, value.values.map(Number), 0));
    }
    if (value.first !== undefined) {
      measurements.push(maxError(name, found.slice(0, value.first.length), value.first, 0));
    }
    if (value.sum !== undefined) {
      const sum = found.reduce((total, element) => total + element, 0);
      // Summed in another order than the reference.
      const tolerance = 1e-12 * found.reduce((total, element) => total + Math.abs(element), 0);
      measurements.push(maxError(`sum of ${name}`, [sum], [value.sum], tolerance));
    }
    return measurements;
  });
}

/** The elements as numbers, whatever their type. */
function numbersOf(tensor: WeightTensor): number[] {
  const { buffer } = tensor.bytes.slice();
  switch (tensor.dtype) {
    case 'I64':
      return Array.from(new BigInt64Array(buffer), Number);
    case 'U64':
      return Array.from(new BigUint64Array(buffer), Number);
    case 'I32':
      return Array.from(new Int32Array(buffer));
    case 'U32':
      return Array.from(new Uint32Array(buffer));
    case 'I16':
      return Array.from(new Int16Array(buffer));
    case 'U16':
      return Array.from(new Uint16Array(buffer));
    case 'I8':
      return Array.from(new Int8Array(buffer));
    case 'U8':
    case 'BOOL':
      return Array.from(new Uint8Array(buffer));
    case 'F64':
      return Array.from(new Float64Array(buffer));
    default:
      return Array.from(toFloat32(tensor));
  }
}

/** What the s-files of the manifest are assigned to. */
const FIRST_LAYER: Record<string, number[]> = {
  'features.0.weight': [64, 3, 3, 3],
  'features.0.bias': [64],
};

/** Assigning the file to VGG16's first layer must fail, and say what is wrong with which tensor. */
function compareAssignment(entry: FormatEntry, archive: WeightArchive | undefined): Measurement[] {
  if (archive === undefined) return [expectation('loads', false)];
  const nonFinite = entry.expect === 'load with check';
  const expected: Record<string, readonly number[]> = nonFinite
    ? Object.fromEntries([...archive.tensors].map(([name, { shape }]) => [name, shape]))
    : FIRST_LAYER;
  let message = '';
  try {
    assignWeights(archive, expected, 'VGG16');
  } catch (error) {
    if (LatentMatteError.isInstance(error) && error.code === 'WEIGHTS') message = error.message;
  }
  const wrong = nonFinite
    ? [...archive.tensors.keys()]
    : Object.entries(expected)
        .filter(([name, shape]) => !fits(archive.tensors.get(name), shape))
        .map(([name]) => name);
  return [
    expectation('assignment is refused', message !== ''),
    expectation('something is wrong with the file', wrong.length > 0),
    ...wrong.flatMap((name) => {
      const found = archive.tensors.get(name);
      const shapes = [expected[name]!, found?.shape ?? []].map((shape) => shape.join(', '));
      return [
        expectation(`the message names ${name}`, message.includes(`"${name}"`)),
        expectation(
          `the message states the fault of ${name}`,
          nonFinite
            ? /NaN|Infinity/.test(message) && /at index \d+/.test(message)
            : shapes.every((text) => message.includes(`[${text}]`)) || /missing/.test(message),
        ),
      ];
    }),
  ];
}

function fits(tensor: WeightTensor | undefined, shape: readonly number[]): boolean {
  return tensor?.dtype === 'F32' && tensor.shape.join() === shape.join();
}
