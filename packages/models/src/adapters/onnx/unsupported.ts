import { WeightFormatError } from '@latent-matte/core';
import type { OnnxNode } from './onnx-model';

/** The node cannot be run: says why, and where. */
export function unsupported(node: OnnxNode, why: string): never {
  throw new WeightFormatError(
    `The node "${node.name}" (${node.op}) ${why}.`,
    'Export the model differently, or wrap it with fromFunction.',
  );
}
