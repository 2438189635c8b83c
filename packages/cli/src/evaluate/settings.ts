import { readFile } from 'node:fs/promises';
import type { EnhanceRequest } from '@latent-matte/backend-node/core';
import { sha256Of } from '@latent-matte/files/sha256-of';
import type { EvaluateCommandOptions } from './grammar';
import type { EvaluationSettings } from './state-file';

/**
 * Everything that decides a row beside the matting model, the variant and the picture itself: two runs with equal
 * settings may be one. The device is part of it, since devices round differently.
 *
 * @param base options of `enhancePortrait`, flat
 * @param backgrounds paths; their content counts
 */
export async function evaluationSettings(
  {
    layout = 'triples',
    trimapSource = 'predicted',
    region,
    protocol,
    judgeTarget = true,
    transfer,
    judge,
  }: EvaluateCommandOptions,
  { backgrounds: _, ...base }: EnhanceRequest,
  device: string,
  backgrounds: readonly string[],
): Promise<EvaluationSettings> {
  const digests = await Promise.all(
    backgrounds.map(async (path) => sha256Of(await readFile(path))),
  );
  return {
    ...{ device, layout, trimapSource, judgeTarget },
    ...(region !== undefined && { region }),
    ...(judge !== undefined && { judge }),
    ...(transfer && { transfer }),
    ...(protocol !== undefined && { protocol }),
    ...base,
    backgrounds: digests,
  };
}
