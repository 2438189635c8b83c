import { estimateForeground, refineMatte } from '@latent-matte/backend-node';
import { closedFormMatting } from '@latent-matte/backend-node/core';
import { trimapFromAlpha } from '@latent-matte/backend-node/ops';
import { mockComposite } from '@latent-matte/core/testing';
import type { Section } from '../section';

const sides = [512, 1024];

/** Compare with `--cpu-time` where something else runs. */
export const matting: Section = {
  name: 'matting',
  title:
    'closed-form systems, seconds a picture; pymatting on the same pictures where python3 has it',
  async run(bench) {
    for (const side of sides) {
      const { image, alpha } = mockComposite(side, side);
      const classes = trimapFromAlpha(alpha.data, side, side, 4, 4);
      const trimap = { ...alpha, data: Float32Array.from(classes, (level) => level / 2) };
      const rows = [
        ['closed-form matting', () => closedFormMatting(image, trimap)],
        ['refineMatte', () => refineMatte(image, alpha, trimap)],
        ['closed-form layers', () => estimateForeground(image, alpha, { method: 'closed-form' })],
        ['multi-level layers', () => estimateForeground(image, alpha)],
      ] as const;
      for (const [name, work] of rows) {
        bench.report(`${name} ${side}²`, (await bench.time(work)) / 1000, 's');
      }
    }
  },
};
