import { WeightsError } from '../errors';
import { describeTensor, isFloatDtype, toFloat32, type WeightArchive } from './weight-tensor';

/** Smaller weights become 0 on load: see {@link assignWeights}. */
const FLUSH_BELOW = 1e-30;

/** PyTorch's batch counter of BatchNorm: an integer no network here uses. */
const BATCH_COUNTER = /(^|\.)num_batches_tracked$/;

export interface AssignWeightsOptions {
  /** True for tensors that may be in the file without being expected. Default: none. */
  ignore?: (name: string) => boolean;
}

/** Index of the first NaN or infinity, or -1. */
function firstNonFinite(values: Float32Array): number {
  return values.findIndex((value) => !Number.isFinite(value));
}

/**
 * Takes exactly the tensors a network expects out of a weight file, as float32 in row-major order.
 *
 * Weights below 1e-30 in magnitude are set to 0. Trained networks contain denormals (below 1.2e-38) and make
 * more of them as they run; wasm and plain JavaScript cannot switch denormals off, and pay up to 40× for them.
 *
 * `num_batches_tracked` counters are skipped.
 *
 * ```ts
 * import { assignWeights, parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * declare const bytes: Uint8Array;
 * const shapes = { 'conv.weight': [8, 3, 3, 3], 'conv.bias': [8] };
 * const weights = assignWeights(parseSafetensors(bytes), shapes, 'my network');
 * console.log(weights['conv.bias']!.length); // 8
 * ```
 *
 * @param expected shape by tensor name.
 * @throws WeightsError once, listing every tensor that is missing, unexpected, misshapen, not of a
 *   floating-point type (no silent casts), or not finite.
 */
export function assignWeights(
  file: WeightArchive,
  expected: Readonly<Record<string, readonly number[]>>,
  modelName: string,
  options: AssignWeightsOptions = {},
): Record<string, Float32Array> {
  const problems: string[] = [];
  const assigned = new Map<string, Float32Array>();
  for (const [name, shape] of Object.entries(expected)) {
    const tensor = file.tensors.get(name);
    if (tensor === undefined) {
      problems.push(`"${name}" is missing (expected shape [${shape.join(', ')}])`);
      continue;
    }
    const sameShape =
      tensor.shape.length === shape.length && shape.every((size, i) => size === tensor.shape[i]);
    if (!sameShape) {
      problems.push(
        `"${name}" has shape [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`,
      );
    }
    if (!isFloatDtype(tensor.dtype)) {
      problems.push(
        `"${name}" is ${describeTensor(tensor)}, expected floats (F32, F16, BF16 or F64)`,
      );
      continue;
    }
    const values = toFloat32(tensor, name);
    const bad = firstNonFinite(values);
    if (bad >= 0) problems.push(`"${name}" is not finite: ${values[bad]} at index ${bad}`);
    for (let i = 0; i < values.length; i++) {
      if (Math.abs(values[i]!) < FLUSH_BELOW) values[i] = 0;
    }
    assigned.set(name, values);
  }
  for (const name of file.tensors.keys()) {
    if (!Object.hasOwn(expected, name) && !BATCH_COUNTER.test(name) && !options.ignore?.(name)) {
      problems.push(`"${name}" is unexpected (${describeTensor(file.tensors.get(name)!)})`);
    }
  }
  if (problems.length > 0) {
    const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    throw new WeightsError(
      `These weights do not fit ${modelName}, ${count}: ${problems.join('; ')}.`,
      `Use weights exported for ${modelName}, as float32 and in its own layout.`,
    );
  }
  return Object.fromEntries(assigned);
}
