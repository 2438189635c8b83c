import type { EnhanceOptions, LossWeights, PresetName } from '../enhance/types';

/** Everything a preset decides. */
export type Preset = Required<
  Pick<
    EnhanceOptions,
    | 'steps'
    | 'learningRate'
    | 'weightDecay'
    | 'adaptivity'
    | 'workingSize'
    | 'entropyRegion'
    | 'fidelityReduction'
    | 'minPsnr'
    | 'mirror'
    | 'target'
    | 'select'
    | 'selectEvery'
    | 'output'
  >
> & { readonly weights: LossWeights };

export const presets: Readonly<Record<PresetName, Preset>> = {
  /**
   * Ours: a fixed target that cannot collapse, a bounded change, the best step by a self-supervised criterion.
   * Chosen on held-out training portraits. Entropy is off because minimising it acts as an adversarial attack;
   * the compositional loss, because the compact discriminator tells good mattes from damaged ones too rarely.
   */
  fast: {
    steps: 20,
    learningRate: 2e-4,
    weightDecay: 0,
    adaptivity: 'tensor',
    workingSize: 512,
    weights: {
      entropy: 0,
      compositional: 0,
      consistency: 1,
      perceptual: 0,
      agreement: 1,
      alphaEntropy: 0,
    },
    entropyRegion: 'unknown',
    fidelityReduction: 'mean-square',
    minPsnr: 45,
    mirror: true,
    target: 'refined',
    select: 'agreement',
    selectEvery: 5,
    output: 'residual',
  },
  /** The paper, section IV-A, to the digit: Adam, lr 1e-4, weight decay 5e-4, 500 steps, λ = 1, 1, 10, 10. */
  paper: {
    steps: 500,
    learningRate: 1e-4,
    weightDecay: 5e-4,
    adaptivity: 'element',
    workingSize: 1024,
    weights: {
      entropy: 1,
      compositional: 1,
      consistency: 10,
      perceptual: 10,
      agreement: 0,
      alphaEntropy: 0,
    },
    entropyRegion: 'image',
    fidelityReduction: 'norm',
    minPsnr: 0,
    mirror: false,
    target: 'views',
    select: 'last',
    selectEvery: 10,
    output: 'generated',
  },
};
