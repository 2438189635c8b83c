import type { EnhanceOptions, RasterImage } from '@latent-matte/backend-node';
import * as tf from '@tensorflow/tfjs-core';
import { officialNetworks, type Width } from './official-networks';

/** One search whose step is measured, on WebGPU here and in PyTorch by torch_steps.py. */
export interface Case {
  readonly name: string;
  readonly preset: 'fast' | 'official';
  /** Side of the portrait. */
  readonly side: number;
  readonly width: Width;
  /** What the networks of `official` see, [height, width]. */
  readonly networkSize?: readonly [number, number];
  /** Share of the time that is left. */
  readonly share: number;
}

export const cases: Readonly<Record<'whole' | 'tiny', readonly Case[]>> = {
  whole: [
    { name: 'fast 512', preset: 'fast', side: 512, width: 'published', share: 0.2 },
    {
      name: 'official 256',
      ...{ preset: 'official', side: 256, width: 'published', share: 0.35 },
      networkSize: [800, 608],
    },
    {
      name: 'official 1024',
      ...{ preset: 'official', side: 1024, width: 'published', share: 0.5 },
      networkSize: [800, 608],
    },
  ],
  // What SwiftShader finishes in a test.
  tiny: [
    {
      name: 'official 32',
      ...{ preset: 'official', side: 32, width: 'narrow', share: 0.9 },
      networkSize: [64, 64],
    },
  ],
};

/**
 * The options of a case, and what is to be freed after it.
 *
 * @param photo stands for its own foreground colours too: random networks give no trimap to estimate them with
 */
export function optionsOf(
  { preset, side, width, networkSize }: Case,
  steps: number,
  photo: RasterImage,
): { options: EnhanceOptions; dispose(): void } {
  if (preset === 'fast') {
    // Every step is made, and the last is as good as any: nothing but the search is measured.
    const options = { steps, workingSize: side, advanced: { select: 'last' } } as const;
    return { options, dispose: () => undefined };
  }
  const { matting, ...networks } = officialNetworks(side, width);
  const latents = networks.generator.meanLatent();
  return {
    options: {
      preset: 'official',
      model: matting,
      steps,
      advanced: {
        ...networks,
        latents,
        foregroundColors: photo,
        ...(networkSize && { networkSize }),
      },
    },
    dispose() {
      for (const network of [matting, ...Object.values(networks)]) network.dispose();
      tf.dispose([latents.styles, ...latents.noise]);
    },
  };
}

/** Every n-th pixel of a square picture, so that it has the side that is wanted. */
export function shrunk({ width, data }: RasterImage & { data: Uint8Array }, side: number) {
  const result = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = (Math.floor((y * width) / side) * width + Math.floor((x * width) / side)) * 3;
      result.set(data.subarray(at, at + 3), (y * side + x) * 3);
    }
  }
  return { width: side, height: side, channels: 3 as const, data: result };
}
