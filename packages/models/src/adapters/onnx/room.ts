import { WeightFormatError } from '@latent-matte/core';
import { countOf } from '../../count-of';
import type { OnnxNode } from './onnx-model';
import { unsupported } from './unsupported';
import type { Value } from './value';

/** Elements of one value: 512 MiB of float32, a map of 128 channels at 1024 × 1024. */
const MOST_ELEMENTS = 2 ** 27;

/**
 * What a model has made in the run at hand, the graphs inside its graph too, and how much it may make. A run is over
 * before the next one begins: operations of tfjs are asked for one after the other.
 */
export class Room {
  #made = 0;
  #most = Number.POSITIVE_INFINITY;

  /** A run of a graph, or a part of one, that may make so many elements: of what is left to the run around it. */
  limited<Result>(most: number, run: () => Result): Result {
    const outer = { made: this.#made, most: this.#most };
    this.#most = Math.min(most, outer.most - outer.made);
    this.#made = 0;
    try {
      return run();
    } finally {
      this.#made += outer.made;
      this.#most = outer.most;
    }
  }

  /** Counts what a node made. @throws WeightFormatError that is more than the run may make */
  spend(node: OnnxNode, values: readonly Value[]): void {
    for (const { tensor } of values) this.#made += tensor?.size ?? 0;
    if (this.#made <= this.#most) return;
    throw new WeightFormatError(
      `The values of the graph grow to ${this.#made} numbers; ${this.#most} are the limit (at the node "${node.name}").`,
      'Use a smaller input.size, or a smaller model.',
    );
  }

  /** Refuses what a few bytes of a file could make too large, before it is made. */
  bounded<T extends readonly number[]>(node: OnnxNode, shape: T): T {
    const left = Math.min(MOST_ELEMENTS, this.#most - this.#made);
    const count = countOf(shape);
    if (!(count <= left) || shape.some((side) => !Number.isInteger(side) || side < 0)) {
      unsupported(node, `makes a value [${shape}]; ${left} elements are the limit`);
    }
    return shape;
  }
}
