import { encodeImage, readImage, readMap } from '@latent-matte/backend-node';
import type { Target } from '../target';

const SIDE = 24;

async function pictures(channels: 1 | 3): Promise<Uint8Array[]> {
  const data = Uint8Array.from({ length: SIDE * SIDE * channels }, (_, i) => (i * 37) % 256);
  const image = { width: SIDE, height: SIDE, channels, data };
  return await Promise.all([
    encodeImage(image, 'png'),
    encodeImage(image, 'png', { depth: 16 }),
    encodeImage(image, 'jpeg'),
    encodeImage(image, 'webp'),
  ]);
}

const image: Target = {
  name: 'image',
  corpus: () => pictures(3),
  async run(bytes) {
    await readImage(bytes, { onWarning: () => undefined });
  },
};

const map: Target = {
  name: 'map',
  corpus: () => pictures(1),
  async run(bytes) {
    await readMap(bytes);
  },
};

export const pictureTargets = [image, map];
