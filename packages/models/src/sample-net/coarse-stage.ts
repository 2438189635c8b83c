import type { Maps, NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { colors, DILATIONS, inpaintingLayers } from './inpainting-layers';

/** From the picture to 1/4, dilated layers there, and two more. */
const CODE = [
  { channels: 1, kernel: 5 },
  { channels: 2, stride: 2 },
  { channels: 2 },
  { channels: 4, stride: 2 },
  { channels: 4 },
  { channels: 4 },
  ...DILATIONS,
  { channels: 4 },
  { channels: 4 },
];

/**
 * The coarse network of Yu et al. (CVPR 2018): a first guess of the colours.
 *
 * @param inputs channels of each map it is given
 * @returns colours in (0, 1), `[N, H, W, 3]`, sides multiples of 4
 */
export function coarseStage(
  build: NetworkBuilder,
  name: string,
  inputs: readonly number[],
  width: number,
): (x: Maps) => FeatureMap {
  const code = inpaintingLayers(build, `${name}.code`, inputs, width, CODE);
  const paint = colors(build, name, code.outputs, width);
  return (x) => paint(code(x));
}
