import type { FloatImage, Generator, PerceptualModel, RasterImage } from '../contracts';
import { AbortedError } from '../errors';
import { fitBox, stretchedLikePillow } from '../imaging/fit-picture';
import { frameTensor } from '../imaging/image-letterbox';
import { assertRaster, opaqueRgb, rgbTensor, toFloatImage } from '../imaging/raster';
import { disposeCode } from '../latents/latent-code';
import { longCall } from '../long-call';
import { checkModel } from '../prediction/check-model';
import { assertSourceFits, assertWorkingSizeFits } from '../prediction/device-limits';
import { createGenerator, DEFAULT_PARTS } from '../prediction/parts';
import { createRandom } from '../random';
import { perceptualModels } from '../registry';
import { InversionRun } from './inversion-run';
import type { InvertOptions } from './options';
import { plannedFor, type ResolvedInversion, resolveInversion, unreadInversion } from './options';
import { startingCode } from './starting-code';
import type { Inversion, InversionStep } from './types';

/**
 * {@link invertPortrait} step by step: yields each step and returns the result. Stopping the iteration early
 * frees everything. Generators with an exact inverse take no steps.
 *
 * @throws the errors of {@link invertPortrait}
 */
export function invertPortraitSteps(
  image: RasterImage,
  options: InvertOptions,
): AsyncGenerator<InversionStep, Inversion, void> {
  return longCall('invertPortrait', [image, options], () => stepsHere(image, options));
}

async function* stepsHere(
  image: RasterImage,
  options: InvertOptions,
): AsyncGenerator<InversionStep, Inversion, void> {
  const settings = resolveInversion(options);
  assertRaster(image);
  assertSourceFits([image.height, image.width]);
  if (options.signal?.aborted) throw new AbortedError('Cancelled before the start.');
  const source = opaqueRgb(toFloatImage(image));
  const owned: { dispose(): void }[] = [];
  let run: InversionRun | undefined;
  let warnings: readonly string[] = [];
  try {
    const made = await createGenerator(options.generator, () => {
      const whole = rgbTensor(source);
      owned.push(whole);
      return { image: whole };
    });
    const { generator } = made;
    if (made.owned) owned.push(generator);
    assertWorkingSizeFits(generator.resolution);
    const planned = plannedFor(generator, options, settings);
    warnings = unreadInversion(generator, options, planned);
    const perceptual = await createPerceptual(options, planned, owned);
    run = await startRun(source, options, planned, generator, perceptual);
    owned.push(run);
    for await (const step of run.iterate()) {
      // Reads of tensors settle as microtasks on some backends: without this, timers and signals would wait.
      await new Promise((resolve) => setTimeout(resolve));
      yield step;
    }
    return { ...(await run.finish()), warnings };
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    throw new AbortedError(
      `Cancelled at step ${run?.done ?? 0} of ${run?.steps ?? 0}.`,
      run?.started ? { ...(await run.finish(true)), warnings } : undefined,
      { cause: error },
    );
  } finally {
    for (const item of owned.reverse()) item.dispose();
  }
}

async function createPerceptual(
  { perceptual = DEFAULT_PARTS.perceptual }: InvertOptions,
  { weights }: ResolvedInversion,
  owned: { dispose(): void }[],
): Promise<PerceptualModel | undefined> {
  if (weights.perceptual === 0) return undefined;
  if (typeof perceptual !== 'string') return checkModel('perceptual model', perceptual);
  const model = await perceptualModels.create(perceptual, undefined);
  owned.push(model);
  return checkModel('perceptual model', model);
}

async function startRun(
  source: FloatImage,
  options: InvertOptions,
  settings: ResolvedInversion,
  generator: Generator,
  perceptual: PerceptualModel | undefined,
): Promise<InversionRun> {
  const size = [source.height, source.width] as const;
  const stretched = settings.method === 'official';
  const box = fitBox(stretched ? 'stretch-nearest' : 'letterbox', size, generator.resolution);
  const input = stretched
    ? stretchedLikePillow(source, generator.resolution, 'bilinear')
    : frameTensor(source, box);
  try {
    const random = createRandom(settings.seed);
    const { code, deviation } = await startingCode(generator, input, options, settings, random);
    try {
      return new InversionRun(
        options,
        settings,
        { generator, perceptual, deviation },
        box,
        input,
        code,
      );
    } catch (error) {
      disposeCode(code);
      throw error;
    }
  } catch (error) {
    input.dispose();
    throw error;
  }
}
