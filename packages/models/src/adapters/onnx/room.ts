import { WeightFormatError } from '@latent-matte/core';
import type { OnnxNode } from './onnx-model';
import { unsupported } from './operator';
import type { Value } from './value';

/** Elements of one value: 512 MiB of float32, a map of 128 channels at 1024 × 1024. */
const MOST_ELEMENTS = 2 ** 27;

/**
 * What the graph at hand has made, and the graphs inside it, and how much it may make. Operations of tfjs are asked for
 * one after the other, so that there is one at a time.
 */
let account = { made: 0, most: Number.POSITIVE_INFINITY };

/** A run of a graph, or a part of one, that may make so many elements: of what is left to the run around it. */
export function limited<Result>(most: number, run: () => Result): Result {
  const outer = account;
  account = { made: 0, most: Math.min(most, outer.most - outer.made) };
  try {
    return run();
  } finally {
    outer.made += account.made;
    account = outer;
  }
}

/** Counts what a node made. @throws WeightFormatError that is more than the run may make */
export function spend(node: OnnxNode, values: readonly Value[]): void {
  for (const { tensor } of values) account.made += tensor?.size ?? 0;
  const { made, most } = account;
  if (made <= most) return;
  throw new WeightFormatError(
    `The values of the graph grow to ${made} numbers; ${most} are the limit (at the node "${node.name}").`,
    'Use a smaller input.size, or a smaller model.',
  );
}

/** Refuses what a few bytes of a file could make too large, before it is made. */
export function bounded<T extends readonly number[]>(node: OnnxNode, shape: T): T {
  const left = Math.min(MOST_ELEMENTS, account.most - account.made);
  const count = shape.reduce((product, side) => product * side, 1);
  if (!(count <= left) || shape.some((side) => !Number.isInteger(side) || side < 0)) {
    unsupported(node, `makes a value [${shape}]; ${left} elements are the limit`);
  }
  return shape;
}
