import type { RasterImage } from '../contracts';
import { enhancePortrait } from '../enhance/enhance-portrait';
import type { EnhanceOptions } from '../enhance/options';
import type { Enhancement } from '../enhance/types';
import { AbortedError, NoPersonError } from '../errors';
import { opaqueRgb, toFloatImage } from '../imaging/raster';
import { longCall } from '../long-call';
import { matteOfImage } from '../prediction/matte-of-image';
import { type LabelOptions, type ResolvedLabelling, resolveLabelling } from './label-options';
import { refinedLabel } from './pair-label';
import { pairRandom } from './pair-random';
import { judgeQuality, measureQuality } from './quality-gate';
import { disposeAll, drawReference, loadReferences, othersOf, type Reference } from './references';
import type { LabelledPair } from './types';

/**
 * Gives photographs that have no matte their pseudo ground truth: the photograph as it is with the alpha of its
 * enhanced version. What `generatePortraits` does (Xu, Zhou, He, section III-C), with people who exist.
 *
 * ```ts
 * import { labelPortraits } from '@latent-matte/core/generate';
 *
 * const models = ['compact-matting', 'rvm'];
 * for await (const { image, alpha, gate } of labelPortraits({ portraits: photos, models })) {
 *   if (gate.accepted) use({ image, alpha });
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
  const { settings, search, enhance } = resolveLabelling(options);
  const owned: { dispose(): void }[] = [];
  try {
    const references = await loadReferences(
      { ...enhance.advanced, ...options },
      search.weights,
      owned,
    );
    let index = settings.start;
    for await (const photo of options.portraits) {
      if (options.signal?.aborted) throw new AbortedError(`Cancelled before pair ${index}.`);
      yield await labelOne(photo, index++, references, settings, enhance);
    }
  } finally {
    disposeAll(owned);
  }
}

async function labelOne(
  photo: RasterImage,
  index: number,
  references: readonly Reference[],
  { seed, portrait, label, keepEnhanced, limits }: ResolvedLabelling['settings'],
  enhance: EnhanceOptions,
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
      ...enhance,
      model: reference,
      advanced: {
        ...enhance.advanced,
        trimap,
        foreground,
        ...(discriminator && { discriminator }),
        ...(perceptual && { perceptual }),
      },
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
    label === 'refined' ? await refinedLabel(parts, found, image, enhance.signal) : matte;
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
