import {
  type EnhanceRequest,
  foregroundEstimators,
  generators,
  InvalidOptionError,
  type LossWeights,
  presets,
} from '@latent-matte/backend-node/core';
import { defaultOf, searchOptions } from '@latent-matte/core/options';
import * as tf from '@tensorflow/tfjs-core';

/** What `--ablate` may vary. The first four make the paper's Tables III and IV. */
export const ablationGroups = ['losses', 'weights', 'foreground', 'latents', 'settings'] as const;
export type AblationGroup = (typeof ablationGroups)[number];

/** What `--ablate` alone means. */
export const defaultAblation: readonly AblationGroup[] = ablationGroups.slice(0, 4);

/** The same run with something changed, or why it cannot be run. */
export interface Variant {
  /** Stable, for scripts and for resuming: `without-entropy`. */
  readonly id: string;
  readonly title: string;
  readonly group: AblationGroup;
  readonly options: Partial<EnhanceRequest>;
  /** Why it is left out. */
  readonly skipped?: string;
}

const symbols: Record<keyof LossWeights, string> = {
  entropy: 'λ1 (entropy)',
  compositional: 'λ2 (compositional)',
  consistency: 'λ3 (consistency)',
  perceptual: 'λ4 (perceptual)',
  agreement: 'agreement',
  alphaEntropy: 'entropy of alpha',
  border: 'border loss',
};

/** @throws InvalidOptionError an unknown group */
export function parseAblation(text: string): AblationGroup[] {
  return text.split(',').map((name) => {
    const group = ablationGroups.find((known) => known === name.trim());
    if (group !== undefined) return group;
    throw new InvalidOptionError(
      `There is nothing called "${name}" to ablate.`,
      `Give some of ${ablationGroups.join(', ')}, separated by commas.`,
    );
  });
}

/**
 * The variants of a run: each of them differs from it in one thing.
 *
 * `losses`: each active term switched off. `weights`: each active weight × 0.1 and × 10. `foreground`: the other
 * estimators of F in the composite. `latents`: W+ alone and noise alone. `settings`: what the preset decides beside
 * that (best step or last, trust region, mirrored steps, matte of the target, border-anchored loss, pixels of the
 * entropy).
 */
export async function ablationVariants(
  base: EnhanceRequest,
  groups: readonly AblationGroup[],
): Promise<Variant[]> {
  const makers: Record<AblationGroup, () => Variant[] | Promise<Variant[]>> = {
    losses: () => lossVariants(base),
    weights: () => weightVariants(base),
    foreground: () => foregroundVariants(base),
    latents: () => latentVariants(base),
    settings: () => settingVariants(base),
  };
  const variants: Variant[] = [];
  for (const group of ablationGroups) {
    if (groups.includes(group)) variants.push(...(await makers[group]()));
  }
  return variants;
}

const presetOf = (base: EnhanceRequest) => presets[base.preset ?? 'fast'];

function activeWeights(base: EnhanceRequest): [keyof LossWeights, number][] {
  const weights = { ...presetOf(base).weights, ...base.weights };
  return (Object.entries(weights) as [keyof LossWeights, number][]).filter(([, w]) => w > 0);
}

function lossVariants(base: EnhanceRequest): Variant[] {
  const active = activeWeights(base);
  return active.map(([term]) => ({
    id: `without-${term}`,
    title: `without ${symbols[term]}`,
    group: 'losses',
    options: { weights: { ...base.weights, [term]: 0 } },
    ...(active.length === 1 && { skipped: 'it is the only loss' }),
  }));
}

function weightVariants(base: EnhanceRequest): Variant[] {
  return activeWeights(base).flatMap(([term, weight]) =>
    [0.1, 10].map((factor): Variant => {
      // Ten times 0.1 is not 1.0000000000000002 to a reader.
      const value = Number((weight * factor).toPrecision(12));
      return {
        id: `${term}-x${factor}`,
        title: `${symbols[term]} = ${value}`,
        group: 'weights',
        options: { weights: { ...base.weights, [term]: value } },
      };
    }),
  );
}

function foregroundVariants(base: EnhanceRequest): Variant[] {
  const used = base.foreground ?? 'multi-level';
  const registered = foregroundEstimators.names();
  const composed = activeWeights(base).some(([term]) => term === 'compositional');
  const known = [...new Set(['closed-form', 'multi-level', 'blur-fusion', ...registered])];
  return known
    .filter((name) => name !== used)
    .map((name) => ({
      id: `foreground-${name}`,
      title: `foreground by ${name}`,
      group: 'foreground',
      options: { foreground: name },
      ...(!composed && {
        skipped: 'the foreground enters by the compositional loss, which is off',
      }),
      ...(!registered.includes(name) && { skipped: `no foreground estimator "${name}"` }),
    }));
}

async function latentVariants(base: EnhanceRequest): Promise<Variant[]> {
  const reason = await whyNoSingleLatent(base);
  const variant = (optimize: 'styles' | 'noise', title: string): Variant => ({
    id: `latents-${optimize}`,
    title,
    group: 'latents',
    options: { optimize },
    ...(reason !== undefined && { skipped: reason }),
  });
  return [variant('styles', 'W+ alone'), variant('noise', 'noise alone')];
}

/** A generator that has only one kind of latent cannot leave it out. */
async function whyNoSingleLatent(base: EnhanceRequest): Promise<string | undefined> {
  const choice = base.generator ?? defaultOf(searchOptions.generator, base.preset ?? 'fast');
  if (typeof choice !== 'string') return 'the generator is not a registered one';
  const image = tf.fill([1, 64, 64, 3], 0.5) as tf.Tensor4D;
  const alpha = tf.zeros([1, 64, 64, 1]) as tf.Tensor4D;
  try {
    const generator = await generators.create(choice, { image, matte: async () => alpha });
    const { styles, noise } = generator.latents;
    generator.dispose();
    if (styles[0] > 0 && noise.length > 0) return undefined;
    return `"${choice}" has ${noise.length > 0 ? 'only noise' : 'only W+'}`;
  } finally {
    tf.dispose([image, alpha]);
  }
}

function settingVariants(base: EnhanceRequest): Variant[] {
  const preset = presetOf(base);
  const select = base.select ?? preset.select;
  const minPsnr = base.minPsnr ?? preset.minPsnr;
  const mirror = base.mirror ?? preset.mirror;
  const region = base.entropyRegion ?? preset.entropyRegion;
  const target = base.target ?? preset.target;
  const agreement = activeWeights(base).some(([term]) => term === 'agreement');
  const variant = (id: string, title: string, options: Partial<EnhanceRequest>): Variant => ({
    id,
    title,
    group: 'settings',
    options,
  });
  return [
    select === 'agreement'
      ? variant('select-last', 'the last step instead of the best', { select: 'last' })
      : variant('select-agreement', 'the best step by agreement', { select: 'agreement' }),
    minPsnr > 0
      ? variant('no-trust-region', 'without trust region', {
          minPsnr: 0,
          maxBlockShift: 0,
          maxColorDifference: 0,
        })
      : variant('trust-region', 'trust region of 40 dB', { minPsnr: 40 }),
    variant(`mirror-${!mirror}`, mirror ? 'without mirrored steps' : 'mirrored steps', {
      mirror: !mirror,
    }),
    ...(agreement
      ? [
          target === 'refined'
            ? variant('target-views', 'the mean over views as target', { target: 'views' })
            : variant('target-refined', 'the refined matte as target', { target: 'refined' }),
        ]
      : [
          variant('agreement', 'agreement with a fixed target added', {
            weights: { ...base.weights, agreement: 1 },
          }),
        ]),
    ...(activeWeights(base).some(([term]) => term === 'border')
      ? []
      : [
          variant('border', 'border-anchored loss instead of agreement', {
            weights: { ...base.weights, agreement: 0, border: 1 },
          }),
        ]),
    region === 'image'
      ? variant('entropy-unknown', 'entropy in the unknown region alone', {
          weights: { entropy: 1, ...base.weights },
          entropyRegion: 'unknown',
        })
      : variant('entropy-image', 'entropy over the whole picture', {
          weights: { entropy: 1, ...base.weights },
          entropyRegion: 'image',
        }),
  ];
}
