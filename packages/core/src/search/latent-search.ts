import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode } from '../contracts';
import { cloneCode, disposeCode, memberOf } from '../latents/latent-code';
import { Adam } from '../optimizer/adam';
import type { CompositeInputs } from './composite-inputs';
import {
  disposeEvaluation,
  type Evaluation,
  evaluateObjective,
  type ObjectiveInputs,
  type StepScene,
} from './objective';

export interface LatentSearchOptions {
  readonly inputs: ObjectiveInputs;
  /** One per portrait of the batch; owned by the caller. */
  readonly composites: readonly CompositeInputs[];
  /** Where the search begins; copied. */
  readonly start: LatentCode;
  /** Where the first update goes, instead of a step of Adam; copied. */
  readonly firstMove?: LatentCode | undefined;
  /** Brings the tensors that moved back to where they may be; consumes them. */
  readonly constrain?: (tensors: tf.Tensor[]) => Promise<tf.Tensor[]>;
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
      const evaluation = await evaluateObjective(
        inputs,
        { mirrored, scenes },
        this.#code,
        step < steps && !(step === 0 && firstMove !== undefined),
      );
      try {
        yield evaluation;
        if (step === steps) continue;
        const { moved } = inputs;
        await this.#moveTo(
          step === 0 && firstMove !== undefined
            ? moved.tensors(firstMove).map((tensor) => tf.clone(tensor))
            : this.#adam.step(moved.tensors(this.#code), evaluation.gradients),
        );
      } finally {
        disposeEvaluation(evaluation);
      }
    }
  }

  async #scenes(step: number): Promise<StepScene[]> {
    const { inputs, composites } = this.#options;
    const scenes: StepScene[] = [];
    for (const [i, composite] of composites.entries()) {
      const background = composite.drawBackground();
      const layers = await composite.layers(step, () =>
        inputs.look(inputs.generator.synthesize(memberOf(this.#code, i))),
      );
      scenes.push({ background, layers });
    }
    return scenes;
  }

  async #moveTo(next: tf.Tensor[]): Promise<void> {
    const { moved } = this.#options.inputs;
    const previous = moved.tensors(this.#code);
    const allowed = (await this.#options.constrain?.(next)) ?? next;
    this.#code = moved.replace(this.#code, allowed);
    tf.dispose(previous);
  }

  dispose(): void {
    this.#adam.dispose();
    disposeCode(this.#code);
  }
}
