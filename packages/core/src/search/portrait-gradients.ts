import * as tf from '@tensorflow/tfjs-core';
import type { Generator, LatentCode } from '../contracts';
import { latentTensors, withLatents } from '../latents/latent-code';
import { gradientsOf } from '../ops/gradients-of';
import { nested, pullBackSegments, runSegments, type Segment } from '../optimizer/segments';

/** Above this, gradients are taken segment by segment: more forward passes, a fraction of the memory. */
export const WHOLE_TAPE_PIXELS = 256 * 256;

/** A portrait and the gradient of a loss of it; tensors owned by the caller. */
export interface PortraitGradients {
  readonly portrait: tf.Tensor4D;
  /** One per entry of `latentTensors(moved)`. */
  readonly gradients: tf.Tensor[];
}

/**
 * G(w, n), and ∂L(G(w, n)) with respect to a part of the latents.
 *
 * @param moved the latents to differentiate by; parts left empty are constant
 * @param complete the code with `moved` put into it
 * @param loss of the portrait; differentiable
 * @param wholeTapePixels largest portrait whose gradient is taken in one piece
 */
export function portraitGradients(
  generator: Generator,
  moved: LatentCode,
  complete: (moved: LatentCode) => LatentCode,
  loss: (portrait: tf.Tensor4D) => tf.Scalar,
  wholeTapePixels = WHOLE_TAPE_PIXELS,
): PortraitGradients {
  const tensors = latentTensors(moved);
  const codeOf = (latents: readonly tf.Tensor[]) => complete(withLatents(moved, latents));
  const [height, width] = generator.resolution;
  const pieces =
    height * width > wholeTapePixels ? segmentsOf(generator, () => codeOf(tensors)) : undefined;
  if (pieces === undefined) {
    const kept: { portrait?: tf.Tensor4D } = {};
    try {
      const gradients = gradientsOf((...latents) => {
        const made = generator.synthesize(codeOf(latents));
        kept.portrait = tf.keep(tf.clone(made));
        return loss(made);
      }, tensors);
      return { portrait: kept.portrait as tf.Tensor4D, gradients };
    } catch (error) {
      kept.portrait?.dispose();
      throw error;
    }
  }
  // Nested: the states of the generator are not in memory while the loss, of larger networks, takes its gradient.
  const segments = [
    nested(
      generator.name,
      pieces.map((piece) => asSegment(piece, codeOf)),
    ),
  ];
  const states = runSegments(segments, [], tensors);
  let portrait: tf.Tensor4D | undefined;
  let cotangent: tf.Tensor | undefined;
  try {
    portrait = tf.clone(states[1]![0] as tf.Tensor4D);
    try {
      [cotangent] = gradientsOf((image) => loss(image as tf.Tensor4D), [portrait]);
    } catch (error) {
      tf.dispose(states);
      throw error;
    }
    const { parameters } = pullBackSegments(segments, states, tensors, [cotangent]);
    return {
      portrait,
      gradients: parameters.map((gradient, i) => gradient ?? tf.zerosLike(tensors[i]!)),
    };
  } catch (error) {
    portrait?.dispose();
    throw error;
  } finally {
    cotangent?.dispose();
  }
}

type Piece = NonNullable<ReturnType<NonNullable<Generator['segments']>>>[number];

/** `makeCode` may make tensors; the segments get theirs when they run. */
function segmentsOf(
  generator: Generator,
  makeCode: () => LatentCode,
): readonly Piece[] | undefined {
  let pieces: readonly Piece[] | undefined;
  tf.tidy(() => {
    pieces = generator.segments?.(makeCode());
  });
  return pieces;
}

function asSegment(piece: Piece, codeOf: (latents: readonly tf.Tensor[]) => LatentCode): Segment {
  return {
    name: piece.name,
    run: (state, latents) => piece.run(state as tf.Tensor4D[], codeOf(latents)),
    ...(piece.segments && { segments: piece.segments.map((inner) => asSegment(inner, codeOf)) }),
  };
}
