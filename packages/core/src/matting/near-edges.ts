import { grow, SURE } from '../imaging/trimap-from-alpha';

/**
 * 1 where both what is surely foreground and what is surely background lie within `reach` pixels: on an edge or in hair. 0
 * inside of either, and where the matte is soft for long, which is hesitation.
 *
 * @param alpha row-major, in [0, 1]
 */
export function nearEdges(
  alpha: ArrayLike<number>,
  width: number,
  height: number,
  reach: number,
): Uint8Array {
  const near = (isSure: (value: number) => boolean): Uint8Array => {
    const sure = new Uint8Array(alpha.length);
    for (let i = 0; i < sure.length; i++) sure[i] = isSure(alpha[i]) ? 1 : 0;
    return grow(sure, width, height, reach);
  };
  const foreground = near((value) => value > SURE);
  const background = near((value) => value < 1 - SURE);
  return foreground.map((is, i) => is & background[i]);
}
