import * as tf from '@tensorflow/tfjs-core';
import type { Generator, LatentCode } from '../contracts';
import { noiseRegularization } from '../losses/noise-regularization';
import { gradientsOf } from '../ops/gradients-of';
import { checkShape, notFinite } from '../prediction/predict-matte';
import { portraitGradients } from '../search/portrait-gradients';
import type { InversionLoss } from './inversion-loss';
import type { Stage } from './stages';
import type { InversionStep, InversionWeights } from './types';

/** What one evaluation found; tensors owned by the caller. */
export interface InversionEvaluation {
  readonly portrait: tf.Tensor4D;
  readonly gradients: tf.Tensor[];
  readonly losses: InversionStep['losses'];
  readonly total: number;
  readonly meanSquare: number;
}

/** What an inversion minimises: the distance of G(w, n) from the input, and the pattern in its noise. */
export class InversionObjective {
  readonly #generator: Generator;
  readonly #loss: InversionLoss;
  readonly #weights: InversionWeights;
  readonly #shape: readonly number[];

  /**
   * @param loss owned by the caller, as the generator
   * @param weights those that count between stages
   * @param shape of the input
   */
  constructor(
    generator: Generator,
    loss: InversionLoss,
    weights: InversionWeights,
    shape: readonly number[],
  ) {
    this.#generator = generator;
    this.#loss = loss;
    this.#weights = weights;
    this.#shape = shape;
  }

  /**
   * @param stage whose latents have a gradient; without one there is none
   * @throws ModelOutputError a portrait of another shape, or that is not finite
   */
  async evaluate(code: LatentCode, stage: Stage | undefined): Promise<InversionEvaluation> {
    const generator = this.#generator;
    const weights = stage?.weights ?? this.#weights;
    const names: ('consistency' | 'perceptual')[] = [];
    const kept: { values?: tf.Tensor1D } = {};
    let portrait: tf.Tensor4D | undefined;
    let gradients: tf.Tensor[] = [];
    const loss = (made: tf.Tensor4D): tf.Scalar => {
      checkShape(generator.name, 'a portrait', made, this.#shape);
      const terms = this.#loss.terms(made, weights);
      for (const name of ['consistency', 'perceptual'] as const) {
        if (terms[name] !== undefined) names.push(name);
      }
      const scalars = names.map((name) => terms[name]!);
      const total = tf.addN(
        scalars.map((term, i) => tf.mul(term, weights[names[i]!])),
      ) as tf.Scalar;
      // NaN exactly when some value of the portrait is not finite: clipping hides that on wasm.
      const probe = tf.sum(tf.mul(made, 0));
      kept.values = tf.keep(
        tf.stack([total, this.#loss.meanSquare(made), probe, ...scalars]) as tf.Tensor1D,
      );
      return total;
    };
    try {
      if (stage === undefined) {
        portrait = tf.tidy(() => {
          const made = generator.synthesize(this.complete(code));
          loss(made);
          return tf.clone(made);
        });
      } else {
        const moved = movedPart(code, stage);
        try {
          ({ portrait, gradients } = portraitGradients(
            generator,
            moved,
            (latents) => this.complete(withMoved(code, latents)),
            loss,
          ));
        } finally {
          if (moved.styles.size === 0) moved.styles.dispose();
        }
      }
      const [total, meanSquare, probe, ...terms] = await (kept.values as tf.Tensor1D).data();
      if (probe !== 0 || !Number.isFinite(total!)) throw notFinite(generator.name, 'portrait');
      const losses: Record<string, number> = {};
      names.forEach((name, i) => {
        losses[name] = terms[i]!;
      });
      const regular = await regularize(code, stage, weights.regularization, gradients);
      if (regular !== undefined) losses.regularization = regular;
      return {
        portrait: portrait!,
        gradients,
        losses,
        total: total! + weights.regularization * (regular ?? 0),
        meanSquare: meanSquare!,
      };
    } catch (error) {
      tf.dispose(gradients);
      portrait?.dispose();
      throw error;
    } finally {
      kept.values?.dispose();
    }
  }

  /** One row of styles stands for all layers. */
  complete({ styles, noise }: LatentCode): LatentCode {
    const [layers] = this.#generator.latents.styles;
    if (styles.shape[1] === layers) return { styles, noise };
    return { styles: tf.tile(styles, [1, layers, 1]), noise };
  }
}

/** Adds the gradient of the noise regularisation to `gradients`, in place. Returns its value. */
async function regularize(
  { noise }: LatentCode,
  stage: Stage | undefined,
  weight: number,
  gradients: tf.Tensor[],
): Promise<number | undefined> {
  if (weight === 0 || noise.length === 0) return undefined;
  const kept: { value?: tf.Scalar } = {};
  try {
    const measured = (...maps: tf.Tensor[]) => {
      const term = noiseRegularization(maps as tf.Tensor4D[]);
      kept.value = tf.keep(tf.clone(term));
      return tf.mul(term, weight) as tf.Scalar;
    };
    if (stage?.moves.noise) {
      const own = gradientsOf(measured, noise);
      const first = gradients.length - noise.length;
      own.forEach((gradient, i) => {
        const sum = tf.add(gradients[first + i]!, gradient);
        tf.dispose([gradients[first + i]!, gradient]);
        gradients[first + i] = sum;
      });
    } else {
      tf.tidy(() => void measured(...noise));
    }
    return (await (kept.value as tf.Scalar).data())[0];
  } finally {
    kept.value?.dispose();
  }
}

/** What a stage moves, as a code whose other parts are empty. An empty `styles` is the caller's to dispose. */
export function movedPart(code: LatentCode, { moves }: Stage): LatentCode {
  return {
    styles: moves.styles ? code.styles : (tf.zeros([1, 0, 0]) as tf.Tensor3D),
    noise: moves.noise ? code.noise : [],
  };
}

function withMoved(code: LatentCode, { styles, noise }: LatentCode): LatentCode {
  return {
    styles: styles.size > 0 ? styles : code.styles,
    noise: noise.length > 0 ? noise : code.noise,
  };
}
