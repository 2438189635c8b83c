import type { PresetName } from './option-table';
import { type LossWeights, type SearchSettings, searchOptions } from './options';
import { defaultOf } from './settle-options';

/** Everything a preset decides. */
export type Preset = Pick<
  SearchSettings,
  | 'steps'
  | 'learningRate'
  | 'weightDecay'
  | 'adaptivity'
  | 'workingSize'
  | 'entropyRegion'
  | 'fidelityReduction'
  | 'minPsnr'
  | 'maxBlockShift'
  | 'maxColorDifference'
  | 'mirror'
  | 'target'
  | 'select'
  | 'selectEvery'
  | 'output'
> & { readonly weights: LossWeights };

function presetNamed(name: PresetName): Preset {
  const decided = Object.entries(searchOptions).filter(([, option]) => 'presets' in option);
  return Object.fromEntries(
    decided.map(([option, declaration]) => [option, defaultOf(declaration, name)]),
  ) as unknown as Preset;
}

export const presets: Readonly<Record<PresetName, Preset>> = {
  /**
   * Ours: a fixed target that cannot collapse, a bounded change, the best step by a self-supervised criterion.
   * Chosen on held-out training portraits. Entropy is off because minimising it acts as an adversarial attack;
   * the compositional loss, because the compact discriminator tells good mattes from damaged ones too rarely.
   */
  fast: presetNamed('fast'),
  /** The paper, section IV-A, to the digit: Adam, lr 1e-4, weight decay 5e-4, 500 steps, λ = 1, 1, 10, 10. */
  paper: presetNamed('paper'),
};
