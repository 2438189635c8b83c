import { WeightFormatError, WeightsError } from '@latent-matte/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { GraphNode } from './graph-node';

/** Below this, weights only slow a CPU down: denormal numbers cost up to 40×. */
const NEGLIGIBLE = 1e-30;

/**
 * The weights of some nodes as `loadGraphModel` takes them, in float32, denormals set to zero.
 *
 * @throws WeightsError values that are not finite
 */
export async function graphWeights(
  nodes: readonly GraphNode[],
  tensors: Readonly<Record<string, readonly tf.Tensor[]>>,
): Promise<{ weightSpecs: tf.io.WeightsManifestEntry[]; weightData: ArrayBuffer }> {
  const weightSpecs: tf.io.WeightsManifestEntry[] = [];
  const parts: Uint8Array[] = [];
  for (const { name, op } of nodes) {
    if (op !== 'Const') continue;
    const tensor = tensors[name]?.[0];
    if (tensor === undefined) throw new WeightFormatError(`The weight "${name}" is missing.`);
    const { dtype, shape } = tensor;
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw new WeightFormatError(
        `The constant "${name}" is of the type ${dtype}.`,
        'Export the model without constants other than numbers.',
      );
    }
    const values = await tensor.data();
    parts.push(bytesOf(dtype === 'float32' ? cleaned(values as Float32Array, name) : values));
    weightSpecs.push({ name, shape: [...shape], dtype });
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { weightSpecs, weightData: bytes.buffer };
}

function cleaned(values: Float32Array, name: string): Float32Array {
  return values.map((value) => {
    if (!Number.isFinite(value)) {
      throw new WeightsError(
        `The weight "${name}" holds ${value}.`,
        'Use a model whose training did not diverge.',
      );
    }
    return Math.abs(value) < NEGLIGIBLE ? 0 : value;
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
