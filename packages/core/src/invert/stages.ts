import type { ResolvedInversion } from './options';
import { learningRateRamp } from './schedules';
import type { InversionStep, InversionWeights } from './types';

/** A run of steps with one optimiser. */
export interface Stage {
  readonly name: Exclude<InversionStep['stage'], 'done'>;
  readonly steps: number;
  readonly moves: { readonly styles: boolean; readonly noise: boolean };
  readonly weights: InversionWeights;
  /** Peak of the step size. */
  readonly learningRate: number;
  /** Factor of the step size over t = step / steps. */
  ramp(t: number): number;
  /** Whether random noise on w helps the search out of bad valleys (projector). */
  readonly explores: boolean;
  /** Whether noise maps are brought back to mean 0 and mean square 1 after each step (projector). */
  readonly whitens: boolean;
}

/** The weight of the pixels while noise moves, against that while W+ moves. */
const OFFICIAL_NOISE_WEIGHT = 0.1;

/** The stages of a method, without those of no steps. */
export function stagesOf(settings: ResolvedInversion): Stage[] {
  const { method, steps, weights, learningRate, noiseLearningRate } = settings;
  if (method === 'projector') {
    const joint: Stage = {
      name: 'joint',
      steps: steps.styles,
      moves: { styles: true, noise: true },
      weights,
      learningRate,
      ramp: learningRateRamp,
      explores: true,
      whitens: true,
    };
    return steps.styles > 0 ? [joint] : [];
  }
  const ramp = method === 'official' ? () => 1 : learningRateRamp;
  const pixels =
    method === 'official' ? OFFICIAL_NOISE_WEIGHT * weights.consistency : weights.consistency;
  const stages: Stage[] = [
    {
      name: 'styles',
      steps: steps.styles,
      moves: { styles: true, noise: false },
      weights: { ...weights, regularization: 0 },
      learningRate,
      ramp,
      explores: false,
      whitens: false,
    },
    {
      name: 'noise',
      steps: steps.noise,
      moves: { styles: false, noise: true },
      // Pixels only, and at full size: fitting noise to a scaled-down picture makes artefacts.
      weights: { ...weights, consistency: pixels || 1, perceptual: 0 },
      learningRate: noiseLearningRate,
      ramp,
      explores: false,
      whitens: false,
    },
  ];
  return stages.filter((stage) => stage.steps > 0);
}
