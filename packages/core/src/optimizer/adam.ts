import * as tf from '@tensorflow/tfjs-core';
import { elementwise, type Formula } from '../ops/webgpu/elementwise';
import { sumOf } from '../ops/webgpu/sum-of';

/** Settings of {@link Adam}; the defaults are PyTorch's. */
export interface AdamOptions {
  /** Step size. Default 1e-3. */
  learningRate?: number;
  /** Decay of the first moment. Default 0.9. */
  beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  beta2?: number;
  /** Added to √v̂. Default 1e-8 (tfjs's own Adam uses 1e-7 and has no weight decay). */
  epsilon?: number;
  /** λ, see `decay`. Default 0. */
  weightDecay?: number;
  /**
   * `'coupled'` (default): L2, as PyTorch's Adam; the gradient becomes g + λθ before the moments.
   * `'decoupled'`: AdamW (Loshchilov, Hutter, ICLR 2019) as in PyTorch; θ shrinks by lr · λ · θ beside the update.
   */
  decay?: 'coupled' | 'decoupled';
  /**
   * What shares one second moment. `'element'` (default): every value its own, as published; values with a tiny
   * gradient then move as far as those with a large one. `'tensor'`: the mean of g² over the tensor, so that
   * moves are proportional to the gradient inside a tensor and only the scales of tensors are evened out.
   */
  adaptivity?: 'element' | 'tensor';
}

/** A moment, on a GPU: b weighs 1 − decay, which float32 would know to 5e-5 only. */
const BLEND: Formula = {
  name: 'adamMoment',
  wgsl: 'a * T(uniforms.decay) + b * T(uniforms.rest)',
  numbers: ['decay', 'rest'],
};
const SQUARE: Formula = { name: 'square', wgsl: 'a * a' };
/** θ, m and v to the next θ. */
const MOVE: Formula = {
  name: 'adamMove',
  wgsl: 'a - b / (sqrt(c / T(uniforms.correction2)) + T(uniforms.epsilon)) * T(uniforms.rate)',
  numbers: ['rate', 'correction2', 'epsilon'],
};

/**
 * Adam (Kingma, Ba, ICLR 2015) with PyTorch's coupled weight decay, the optimiser of the paper; or AdamW.
 *
 *     g ← g + λθ,  m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²
 *     θ ← θ − lr · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε)
 *
 * Works on plain tensors: `step` returns new parameters and leaves the old ones to the caller.
 */
export class Adam {
  /** May be changed between steps, for schedules. */
  learningRate: number;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;
  readonly #decoupled: boolean;
  readonly #perTensor: boolean;
  #moments: { first: tf.Tensor; second: tf.Tensor }[] = [];
  #steps = 0;

  constructor(options: AdamOptions = {}) {
    this.learningRate = options.learningRate ?? 1e-3;
    this.#beta1 = options.beta1 ?? 0.9;
    this.#beta2 = options.beta2 ?? 0.999;
    this.#epsilon = options.epsilon ?? 1e-8;
    this.#weightDecay = options.weightDecay ?? 0;
    this.#decoupled = options.decay === 'decoupled';
    this.#perTensor = options.adaptivity === 'tensor';
  }

  /** Updates made so far (the t of the equations). */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One update.
   * @param parameters θ, in the same order and of the same shapes at each call
   * @param gradients ∂L/∂θ, one per parameter
   * @returns the new parameters, owned by the caller; the inputs are not disposed
   */
  step<T extends tf.Tensor>(parameters: readonly T[], gradients: readonly tf.Tensor[]): T[] {
    this.#steps++;
    if (this.#moments.length === 0) {
      this.#moments = parameters.map((p) => ({
        first: tf.zerosLike(p),
        second: this.#perTensor ? tf.scalar(0) : tf.zerosLike(p),
      }));
    }
    const correction1 = 1 - this.#beta1 ** this.#steps;
    const correction2 = 1 - this.#beta2 ** this.#steps;
    return parameters.map((parameter, i) => {
      const moments = this.#moments[i];
      const [next, first, second] = tf.tidy(() => {
        const g =
          this.#weightDecay === 0 || this.#decoupled
            ? gradients[i]
            : tf.add(gradients[i], tf.mul(parameter, this.#weightDecay));
        const m =
          elementwise(BLEND, [moments.first, g], { decay: this.#beta1, rest: 1 - this.#beta1 }) ??
          tf.add(tf.mul(moments.first, this.#beta1), tf.mul(g, 1 - this.#beta1));
        const square = this.#perTensor
          ? (sumOf(SQUARE, [g], 1 / g.size) ?? tf.mean(tf.square(g)))
          : tf.square(g);
        const v =
          elementwise(BLEND, [moments.second, square], {
            decay: this.#beta2,
            rest: 1 - this.#beta2,
          }) ?? tf.add(tf.mul(moments.second, this.#beta2), tf.mul(square, 1 - this.#beta2));
        const rate = this.learningRate / correction1;
        const update = () => {
          const denominator = tf.add(tf.sqrt(tf.div(v, correction2)), this.#epsilon);
          return tf.mul(tf.div(m, denominator), rate);
        };
        const shrunk =
          this.#weightDecay !== 0 && this.#decoupled
            ? tf.mul(parameter, 1 - this.learningRate * this.#weightDecay)
            : parameter;
        const moved =
          elementwise(MOVE, [shrunk, m, v], { rate, correction2, epsilon: this.#epsilon }) ??
          tf.sub(shrunk, update());
        return [moved, m, v];
      });
      tf.dispose(moments);
      this.#moments[i] = { first: tf.keep(first), second: tf.keep(second) };
      return next as T;
    });
  }

  /** Moments and step count, for checkpoints. The tensors stay owned by the optimiser. */
  state(): { steps: number; first: readonly tf.Tensor[]; second: readonly tf.Tensor[] } {
    return {
      steps: this.#steps,
      first: this.#moments.map((m) => m.first),
      second: this.#moments.map((m) => m.second),
    };
  }

  /** Continues from {@link state}. Takes ownership of the tensors. */
  restore(steps: number, first: readonly tf.Tensor[], second: readonly tf.Tensor[]): void {
    tf.dispose(this.#moments);
    this.#steps = steps;
    this.#moments = first.map((tensor, i) => ({ first: tensor, second: second[i] }));
  }

  dispose(): void {
    tf.dispose(this.#moments);
    this.#moments = [];
  }
}
