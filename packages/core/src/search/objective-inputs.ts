import type * as tf from '@tensorflow/tfjs-core';
import type { Generator, PortraitLayers } from '../contracts';
import type { MovedLatents } from '../latents/moved-latents';
import type { FixedTarget } from '../losses/agreement';
import type { BorderTarget } from '../losses/border';
import type { Parts } from '../prediction/parts';
import type { SearchSettings } from './options';

/** Constants of one run, which moves one portrait or a batch of them. */
export interface ObjectiveInputs {
  readonly generator: Generator;
  readonly moved: MovedLatents;
  /** The generator's portraits as the losses see them. */
  readonly shown: (portraits: tf.Tensor4D) => tf.Tensor4D;
  readonly parts: Parts;
  readonly options: SearchSettings;
  /** One per portrait of the batch. */
  readonly portraits: readonly PortraitInputs[];
}

/** Constants of one portrait: computed once from the input. */
export interface PortraitInputs {
  /** The working portrait, `[1, H, W, 3]`, at the size of the losses, as everything here. */
  readonly input: tf.Tensor4D;
  /** Where the search starts: what the change is measured from. The input itself, where it starts there. */
  readonly origin: tf.Tensor4D;
  /** 1 on the content of the letterbox, `[1, H, W, 1]`. */
  readonly mask: tf.Tensor4D;
  /** Pixels over which the entropy is averaged, `[1, H, W, 1]`, at the size of the networks. */
  readonly entropyRegion: tf.Tensor4D;
  /** At the size of the networks. */
  readonly target: FixedTarget | undefined;
  /** What the border loss of each searched model is anchored to, when it is on. */
  readonly borders?: readonly BorderTarget[] | undefined;
  /** `V(I)`, of the input as {@link perceptualView} shows it, when the perceptual loss is on. */
  readonly inputFeatures: tf.Tensor4D | undefined;
  /** The true alpha to estimate F with, `[1, H, W, 1]`, when it is known. */
  readonly trueAlpha: tf.Tensor4D | undefined;
}

/** What changes from step to step. */
export interface StepInputs {
  /** Show the networks the mirror image; their predictions are mirrored back. */
  readonly mirrored: boolean;
  /** One per portrait of the batch. */
  readonly scenes: readonly StepScene[];
}

/** What a portrait is re-composited with at one step. */
export interface StepScene {
  /** A random background `[1, H, W, 3]`, when the compositional loss is on. */
  readonly background: tf.Tensor4D | undefined;
  /** Layers of the previous portrait, for estimators without gradient. */
  readonly layers: PortraitLayers | undefined;
}
