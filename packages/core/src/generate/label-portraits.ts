import type { RasterImage } from '../contracts';
import { enhancePortrait } from '../enhance/enhance-portrait';
import type { Enhancement, EnhanceOptions } from '../enhance/types';
import { AbortedError, NoPersonError } from '../errors';
import { opaqueRgb, toFloatImage } from '../imaging/raster';
import { longCall } from '../long-call';
import { matteOfImage } from '../prediction/matte-of-image';
import { resolveOptions } from '../search/options';
import { refinedLabel } from './pair-label';
import { pairRandom } from './pair-random';
import { judgeQuality, measureQuality, resolveLimits } from './quality-gate';
import { disposeAll, drawReference, loadReferences, othersOf, type Reference } from './references';
import { assertRange, oneOf } from './settings';
import type { LabelledPair, LabelOptions, QualityLimits } from './types';

/**
 * Gives photographs that have no matte their pseudo ground truth: the photograph as it is with the alpha of its
 * enhanced version. What `generatePortraits` does (Xu, Zhou, He, section III-C), with people who exist.
 *
 * ```ts
 * for await (const { image, alpha, gate } of labelPortraits({ portraits: photos, references: ['compact', 'rvm'] })) {
 *   if (gate.accepted) use(image, alpha);
 * }
 * ```
 *
 * Pairs come in the order of the photographs, rejected ones too, among them those in which nobody is found. A pair
 * depends on the options, its photograph and its index alone. Models are loaded once.
 *
 * @throws InvalidOptionError, UnknownModelError, WeightsError, ModelOutputError
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError a photograph that cannot be used
 * @throws NoPersonError nobody there, with the gate switched off
 * @throws AbortedError `signal` fired
 */
export function labelPortraits(options: LabelOptions): AsyncGenerator<LabelledPair, void, void> {
  return longCall('labelPortraits', [options], () => pairsHere(options));
}

async function* pairsHere(options: LabelOptions): AsyncGenerator<LabelledPair, void, void> {
  const { portraits, start = 0, seed = 0, references: _, ...rest } = options;
  assertRange(start, 1);
  const { portrait = 'initial', label = 'refined', gate, keepEnhanced, ...enhanceOptions } = rest;
  oneOf('portrait', portrait, ['initial', 'enhanced']);
  oneOf('label', label, ['refined', 'plain']);
  const settings = { seed, portrait, label, keepEnhanced, limits: resolveLimits(gate) };
  const { weights } = resolveOptions({ ...enhanceOptions, seed });
  const owned: { dispose(): void }[] = [];
  try {
    const references = await loadReferences(options, weights, owned);
    let index = start;
    for await (const photo of portraits) {
      if (options.signal?.aborted) throw new AbortedError(`Cancelled before pair ${index}.`);
      yield await labelOne(photo, index++, references, settings, enhanceOptions);
    }
  } finally {
    disposeAll(owned);
  }
}

interface Settings extends Required<Pick<LabelOptions, 'seed' | 'portrait' | 'label'>> {
  readonly keepEnhanced: boolean | undefined;
  readonly limits: QualityLimits | false;
}

async function labelOne(
  photo: RasterImage,
  index: number,
  references: readonly Reference[],
  { seed, portrait, label, keepEnhanced, limits }: Settings,
  enhanceOptions: EnhanceOptions,
): Promise<LabelledPair> {
  const drawn = drawReference(references, pairRandom(seed, index));
  const { parts } = drawn;
  const { reference, trimap, foreground, discriminator, perceptual } = parts;
  const models = {
    reference: drawn.name,
    trimap: trimap.name,
    discriminator: discriminator?.name ?? null,
    foreground: foreground.name,
  };
  const original = opaqueRgb(toFloatImage(photo));
  let enhancement: Enhancement;
  try {
    enhancement = await enhancePortrait(photo, {
      ...enhanceOptions,
      seed,
      reference,
      trimap,
      foreground,
      ...(discriminator && { discriminator }),
      ...(perceptual && { perceptual }),
    });
  } catch (error) {
    if (limits === false || !isNobody(error)) throw error;
    const matte = await matteOfImage(parts, original);
    const { alpha, trimap: known } = matte;
    const measures = measureQuality(matte, []);
    const { coverage: value } = measures;
    const reason = { measure: 'coverage', value, limit: limits.minCoverage } as const;
    const gate = { accepted: false, reasons: [{ ...reason, message: error.message }], measures };
    return { index, seed, image: original, alpha, trimap: known, label: 'plain', models, gate };
  }
  const { portrait: found, enhanced: matte, psnr, bestStep, settings } = enhancement;
  const image = portrait === 'initial' ? original : found;
  const { alpha, trimap: known } =
    label === 'refined' ? await refinedLabel(parts, found, image, enhanceOptions.signal) : matte;
  const others = limits === false ? [] : await othersOf(references, drawn, found);
  return {
    index,
    seed,
    image,
    alpha,
    trimap: known,
    label,
    ...(keepEnhanced && { enhanced: found }),
    enhancement: { generator: settings.generator, psnr, bestStep },
    models,
    gate: judgeQuality(measureQuality(matte, others), limits),
  };
}

const isNobody = (error: unknown): error is NoPersonError =>
  NoPersonError.isInstance(error) && error.code === 'NO_PERSON';
