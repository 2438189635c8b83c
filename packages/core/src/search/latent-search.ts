import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode } from '../contracts';
import { cloneCode, disposeCode, memberOf } from '../latents/latent-code';
import { readTogether } from '../ops/read-together';
import { Adam } from '../optimizer/adam';
import type { CompositeInputs } from './composite-inputs';
import {
  type ComputedObjective,
  computeObjective,
  disposeEvaluation,
  type Evaluation,
} from './objective';
import type { ObjectiveInputs, StepScene } from './objective-inputs';

export interface LatentSearchOptions {
  readonly inputs: ObjectiveInputs;
  /** One per portrait of the batch; owned by the caller. */
  readonly composites: readonly CompositeInputs[];
  /** Where the search begins; copied. */
  readonly start: LatentCode;
  /** Where the first update goes, instead of a step of Adam; copied. */
  readonly firstMove?: LatentCode | undefined;
  /** Brings the tensors that moved back to where they may be; consumes them. Reads the tensors of `also` on the way. */
  readonly constrain?: (tensors: tf.Tensor[], also: readonly tf.Tensor[]) => Promise<Constrained>;
}

interface Constrained {
  readonly tensors: tf.Tensor[];
  readonly values: readonly Float32Array[];
}

/** The search of paper Algorithm 1: Adam steps on the objective, for one portrait or a batch. */
export class LatentSearch {
  readonly #options: LatentSearchOptions;
  readonly #adam: Adam;
  #code: LatentCode;

  constructor(options: LatentSearchOptions) {
    this.#options = options;
    this.#adam = new Adam(options.inputs.options);
    this.#code = cloneCode(options.start);
  }

  /** Where the search is. Owned by it, and replaced at the next step. */
  get code(): LatentCode {
    return this.#code;
  }

  /**
   * Yields the objective at the start and after each update; its tensors are freed at the next step.
   * @throws the reason of `signal`, within one step
   */
  async *steps(signal?: AbortSignal): AsyncGenerator<Evaluation, void, void> {
    const { inputs, firstMove } = this.#options;
    const { steps, mirror } = inputs.options;
    for (let step = 0; step <= steps; step++) {
      signal?.throwIfAborted();
      const scenes = await this.#scenes(step);
      const mirrored = mirror && step % 2 === 1;
      const last = step === steps;
      const jump = step === 0 ? firstMove : undefined;
      const computed = computeObjective(
        inputs,
        { mirrored, scenes },
        this.#code,
        !last && jump === undefined,
      );
      if (last) {
        const evaluation = await read(computed);
        try {
          yield evaluation;
        } finally {
          disposeEvaluation(evaluation);
        }
        return;
      }
      // The move is made before anyone sees the figures: one read-back brings both.
      const { evaluation, move } = await this.#moved(computed, jump);
      let taken = false;
      try {
        yield evaluation;
        taken = true;
      } finally {
        disposeEvaluation(evaluation);
        if (!taken && 'tensors' in move) tf.dispose(move.tensors);
      }
      if ('error' in move) throw move.error;
      this.#moveTo(move.tensors);
    }
  }

  /** The evaluation, and where the search goes from there, or why it cannot. */
  async #moved(
    computed: ComputedObjective,
    jump: LatentCode | undefined,
  ): Promise<{ evaluation: Evaluation; move: Pick<Constrained, 'tensors'> | { error: unknown } }> {
    const { inputs, constrain } = this.#options;
    const { moved } = inputs;
    const next =
      jump !== undefined
        ? moved.tensors(jump).map((tensor) => tf.clone(tensor))
        : this.#adam.step(moved.tensors(this.#code), computed.gradients);
    let near: Constrained;
    try {
      near = (await constrain?.(next, computed.terms)) ?? {
        tensors: next,
        values: await readTogether(computed.terms),
      };
    } catch (error) {
      // A loss that is not finite made the move so: then that is what this throws.
      return { evaluation: await read(computed), move: { error } };
    }
    try {
      return { evaluation: computed.evaluation(near.values), move: near };
    } catch (error) {
      tf.dispose(near.tensors);
      throw error;
    }
  }

  async #scenes(step: number): Promise<StepScene[]> {
    const { inputs, composites } = this.#options;
    const scenes: StepScene[] = [];
    for (const [i, composite] of composites.entries()) {
      const background = composite.drawBackground();
      const layers = await composite.layers(step, () =>
        inputs.shown(inputs.generator.synthesize(memberOf(this.#code, i))),
      );
      scenes.push({ background, layers });
    }
    return scenes;
  }

  #moveTo(tensors: tf.Tensor[]): void {
    const { moved } = this.#options.inputs;
    const previous = moved.tensors(this.#code);
    this.#code = moved.replace(this.#code, tensors);
    tf.dispose(previous);
  }

  dispose(): void {
    this.#adam.dispose();
    disposeCode(this.#code);
  }
}

/** Frees what was computed where the device is lost before it is read. */
async function read(computed: ComputedObjective): Promise<Evaluation> {
  let values: Float32Array[];
  try {
    values = await readTogether(computed.terms);
  } catch (error) {
    computed.dispose();
    throw error;
  }
  return computed.evaluation(values);
}
