import { type EnhanceRequest, readImage } from '@latent-matte/backend-node';
import type { EnhanceFlags } from './program';

/** Command line flags as options of `enhancePortrait`, flat; flags that were not given stay absent. */
export async function enhanceOptions(
  flags: Omit<EnhanceFlags, 'trimap'>,
  models: { model?: string | undefined; trimap?: string | undefined },
): Promise<EnhanceRequest> {
  const { generator, preset, steps, seed, workingSize, minPsnr, weight, background } = flags;
  const { learningRate, optimize, select, entropyRegion, output } = flags;
  const backgrounds = await Promise.all(background.map((path) => readImage(path)));
  const { model, trimap } = models;
  return {
    ...(model !== undefined && { model }),
    ...(trimap !== undefined && { trimap }),
    ...(generator !== undefined && { generator }),
    ...(preset !== undefined && { preset }),
    ...(steps !== undefined && { steps }),
    ...(seed !== undefined && { seed }),
    ...(workingSize !== undefined && { workingSize }),
    ...(minPsnr !== undefined && { minPsnr }),
    ...(learningRate !== undefined && { learningRate }),
    ...(optimize !== undefined && { optimize }),
    ...(select !== undefined && { select }),
    ...(entropyRegion !== undefined && { entropyRegion }),
    ...(output !== undefined && { output }),
    ...(Object.keys(weight).length > 0 && { weights: weight }),
    ...(backgrounds.length > 0 && { backgrounds }),
  };
}
