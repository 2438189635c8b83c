// The golden run of one device, `golden-run.mjs DEVICE`, in plain Node on the built package: a drawn head and
// shoulders, five steps, small enough for an emulated GPU. Sends what it found to its parent.
import { enhancePortrait, useNodeBackend } from '../../dist/index.js';

const SIDE = 64;

/** Skin, hair and a coat before a plain wall, with soft edges. */
function drawnPortrait() {
  const data = new Float32Array(SIDE * SIDE * 3);
  const blend = (pixel, colour, distance) => {
    const cover = 1 / (1 + Math.exp(distance * 1.5));
    for (let c = 0; c < 3; c++) data[pixel * 3 + c] += cover * (colour[c] - data[pixel * 3 + c]);
  };
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    data.set([0.55, 0.65, 0.75], pixel * 3);
    blend(pixel, [0.15, 0.15, 0.25], Math.hypot((x - 32) * 0.75, y - 66) - 22);
    blend(pixel, [0.2, 0.12, 0.08], Math.hypot(x - 32, y - 24) - 15);
    blend(pixel, [0.85, 0.65, 0.55], Math.hypot((x - 32) * 1.2, y - 28) - 12);
  }
  return { width: SIDE, height: SIDE, channels: 3, data };
}

const { description } = await useNodeBackend({ device: process.argv[2] });
const { portrait, enhanced, history } = await enhancePortrait(drawnPortrait(), {
  // The default networks see nobody in a drawing.
  model: 'compact-matting',
  steps: 5,
  workingSize: SIDE,
  advanced: {
    trimap: 'compact-trimap',
    // Layers are made from the refined matte of a target: more than an emulated GPU does in time.
    generator: 'residual-pyramid',
    seed: 7,
    learningRate: 2e-3,
    minPsnr: 0,
    maxBlockShift: 0,
    maxColorDifference: 0,
    // The other losses, and the fixed target, would take minutes on an emulated GPU.
    weights: { entropy: 0.1, compositional: 0, consistency: 1, perceptual: 0, agreement: 0 },
    select: 'last',
  },
});
process.send(
  {
    description,
    portrait: portrait.data,
    alpha: enhanced.alpha.data,
    losses: history.map(({ losses, total }) => ({ ...losses, total })),
  },
  () => process.exit(0),
);
