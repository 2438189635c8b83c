import type { StyleGAN2Architecture } from './architecture';

/**
 * Multiply-adds of the convolutions of one forward pass of the synthesis network: what its time is spent on.
 *
 * ```ts
 * import { synthesisOperations } from '@latent-matte/models';
 *
 * console.log(synthesisOperations({ channels: [64, 64, 32, 16], resolution: 32 }));
 * ```
 */
export function synthesisOperations({ channels }: StyleGAN2Architecture): number {
  return channels.reduce((sum, width, level) => {
    const pixels = (4 * 2 ** level) ** 2;
    const before = channels[level - 1];
    // The transposed convolution has its nine taps per coarse pixel.
    const up = before === undefined ? 0 : (pixels / 4) * 9 * before * width;
    return sum + up + pixels * (9 * width * width + 3 * width);
  }, 0);
}

/**
 * Likewise of the discriminator.
 *
 * ```ts
 * import { discriminatorOperations } from '@latent-matte/models';
 *
 * console.log(discriminatorOperations({ channels: [64, 64, 32, 16], resolution: 32 }));
 * ```
 */
export function discriminatorOperations({ channels, resolution }: StyleGAN2Architecture): number {
  const top = channels.length - 1;
  let sum = resolution ** 2 * 3 * channels[top] + 16 * 9 * channels[0] * (channels[0] + 1);
  sum += 16 * channels[0] * channels[0];
  for (let level = top; level > 0; level--) {
    const pixels = (4 * 2 ** level) ** 2;
    const [wide, next] = [channels[level], channels[level - 1]];
    sum += pixels * 9 * wide * wide + (pixels / 4) * (9 + 1) * wide * next;
  }
  return sum;
}
