import { enhancePortrait } from '@latent-matte/backend-node';
import type { Section } from '../section';

/** Steps of a run; the start costs about one more. */
const STEPS = 4;

/** A disc on a plain background, in the shape of a portrait. */
function portrait(size: number) {
  const data = new Float32Array(size * size * 3);
  const center = size / 2;
  for (let i = 0; i < size * size; i++) {
    const inside = Math.hypot((i % size) - center, Math.floor(i / size) - center) < size / 3;
    data.set(inside ? [0.8, 0.6, 0.5] : [0.2, 0.4, 0.3], i * 3);
  }
  return { width: size, height: size, channels: 3 as const, data };
}

export const steps: Section = {
  name: 'steps',
  title: "one step of the preset fast, of the quickstart's loop",
  async run(bench) {
    for (const size of [256, 512]) {
      const { seconds } = await enhancePortrait(portrait(size), {
        steps: STEPS,
        workingSize: size,
        select: 'last',
      });
      bench.report(`working size ${size}²`, seconds / (STEPS + 1), 's/step');
    }
  },
};
