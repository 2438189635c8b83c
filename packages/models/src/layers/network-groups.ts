import { WeightsError } from '@latent-matte/core';

// One rule for all checkpoints: what a training wraps a network in is no part of it, and where the moving average of
// its weights was saved beside them, that is the network people mean.

/** Wrappers and groups: DataParallel, torch.compile, Lightning, dicts of training scripts. */
const WRAPPERS = new Set([
  'module',
  '_orig_mod',
  'model',
  'net',
  'network',
  'state_dict',
  'model_state',
  'model_state_dict',
]);
const AVERAGES = new Set([
  'g_ema',
  'G_ema',
  'params_ema',
  'generator_ema',
  'model_ema',
  'ema_model',
  'net_ema',
  'state_dict_ema',
  'ema_state_dict',
  'ema',
]);
const TRAINED = new Set(['g', 'G', 'params', 'generator']);

export const isWrapper = (part: string): boolean => WRAPPERS.has(part);
export const isAverage = (part: string): boolean => AVERAGES.has(part);
export const isTrained = (part: string): boolean => TRAINED.has(part);

/** Parts of a name or prefix: keys of dicts are joined by `/`, modules by `.`. */
export const partsOf = (name: string): string[] => name.split(/[./]/).filter((part) => part !== '');

/** Asks where two groups fit equally. */
export function ambiguous(what: string, prefixes: readonly string[]): WeightsError {
  return new WeightsError(
    `These weights hold ${what} ${prefixes.length} times: under ${prefixes.map((prefix) => `"${prefix}"`).join(' and ')}.`,
    'Take one out: subsetArchive(checkpoint, prefix), or `latent-matte convert --key`.',
  );
}
