import { assertOptions } from '../assert-options';
import type { RasterImage } from '../contracts';
import { type AdvancedOptions, type EnhanceOptions, resolveEnhancement } from '../enhance/options';
import { InvalidOptionError } from '../errors';
import type { OptionsOf } from '../search/option-table';
import type { SearchSettings } from '../search/options';
import { settle } from '../search/settle-options';
import { assertRange, modelsOf, pairOptions } from './options';
import { resolveLimits } from './quality-gate';
import type { QualityLimits } from './types';

/** Options of `enhancePortrait` that have no meaning for many photographs. */
type LeftOut = 'latents' | 'alphaForForeground' | 'foregroundColors' | 'previewEvery' | 'onPhase';

/**
 * What `labelPortraits` is asked for. The search is that of `enhancePortrait`, with its options and defaults; its
 * `signal` ends the stream.
 */
export interface LabelOptions
  extends Omit<EnhanceOptions, 'model' | 'reference' | 'advanced'>,
    OptionsOf<typeof pairOptions> {
  /** Photographs of people, in the order of their pairs. */
  portraits: Iterable<RasterImage> | AsyncIterable<RasterImage>;
  /** As those of `enhancePortrait`; `advanced.seed` also draws the model of each photograph. */
  advanced?: Omit<AdvancedOptions, LeftOut>;
}

export interface ResolvedLabelling {
  readonly settings: {
    readonly seed: number;
    readonly start: number;
    readonly portrait: 'initial' | 'enhanced';
    readonly label: 'refined' | 'plain';
    readonly keepEnhanced: boolean;
    readonly limits: QualityLimits | false;
  };
  readonly search: SearchSettings;
  /** What each photograph is enhanced with, besides its model. */
  readonly enhance: EnhanceOptions;
}

/** @throws InvalidOptionError */
export function resolveLabelling(options: LabelOptions): ResolvedLabelling {
  assertOptions(options, 'options');
  const {
    portraits,
    models,
    references,
    start = 0,
    portrait,
    label,
    gate,
    keepEnhanced,
    ...enhance
  } = options;
  if (typeof portraits !== 'object' || portraits === null) {
    throw new InvalidOptionError('portraits is no list.', 'Give an array or a stream of pictures.');
  }
  for (const name of [
    'latents',
    'alphaForForeground',
    'foregroundColors',
    'previewEvery',
    'onPhase',
  ] satisfies LeftOut[]) {
    if ((enhance.advanced as AdvancedOptions | undefined)?.[name] === undefined) continue;
    throw new InvalidOptionError(
      `labelPortraits takes no advanced.${name}.`,
      'It belongs to one photograph: use enhancePortrait.',
    );
  }
  const own = settle(pairOptions, { portrait, label, gate, keepEnhanced, start }, 'fast');
  assertRange(start, 1);
  modelsOf({ models, references });
  const { settings: search } = resolveEnhancement(enhance, 'labelPortraits');
  return {
    settings: {
      seed: search.seed,
      start,
      portrait: own.portrait,
      label: own.label,
      keepEnhanced: keepEnhanced === true,
      limits: resolveLimits(gate),
    },
    search,
    enhance,
  };
}
