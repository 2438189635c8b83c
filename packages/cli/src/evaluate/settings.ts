import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { EvaluateCommandOptions } from '../program';
import type { EvaluationSettings } from './state-file';

/**
 * Everything that decides a row beside the reference model, the variant and the picture itself: two runs with equal
 * settings may be one. The device is part of it, since devices round differently.
 *
 * @param backgrounds paths; their content counts
 */
export async function evaluationSettings(
  options: EvaluateCommandOptions,
  device: string,
  backgrounds: readonly string[],
): Promise<EvaluationSettings> {
  const { layout = 'triples', trimap, trimapModel, ensemble = true, foreground } = options;
  const { generator, preset, steps, seed, workingSize, minPsnr, weight } = options;
  const digests = await Promise.all(
    backgrounds.map(async (path) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ),
  );
  return {
    device,
    layout,
    trimap,
    ensemble,
    trimapModel: trimapModel ?? 'compact',
    generator: generator ?? 'residual-pyramid',
    preset: preset ?? 'fast',
    seed: seed ?? 0,
    ...Object.fromEntries(
      Object.entries({ steps, workingSize, minPsnr, foreground }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
    weights: weight,
    backgrounds: digests,
  };
}
