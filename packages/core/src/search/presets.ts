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
  | 'fit'
  | 'networkSize'
  | 'known'
  | 'clipPortrait'
  | 'fidelityReduction'
  | 'perceptualReduction'
  | 'perceptualSize'
  | 'minPsnr'
  | 'maxBlockShift'
  | 'maxColorDifference'
  | 'mirror'
  | 'target'
  | 'select'
  | 'selectEvery'
  | 'backgroundEvery'
  | 'foregroundFrom'
  | 'output'
  | 'secondLook'
> & { readonly weights: LossWeights };

function presetNamed(name: PresetName): Preset {
  const decided = Object.entries(searchOptions)
    .filter(([, option]) => 'presets' in option && option.recorded)
    .map(([option, declaration]) => [option, defaultOf(declaration, name)] as const);
  return Object.fromEntries(
    decided.filter(([, value]) => value !== undefined),
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
  /**
   * The paper as its authors ran it (cnnlstm/StyleGAN_Matting), which is not what it says: 40 times the mean square and
   * 100 times LPIPS, no weight decay, networks at 800×608, F once from the photograph, one background for the run. Meant
   * for their networks: see docs/reproduce.md.
   */
  official: presetNamed('official'),
};
