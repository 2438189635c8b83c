import type { Enhancement, FloatImage, RasterImage } from '@latent-matte/backend-node';
import type { Terminal } from '../terminal/terminal';

/** A terminal that remembers. */
export function memoryTerminal(): Terminal & {
  outs: string[];
  notes: string[];
  written: Uint8Array[];
} {
  const outs: string[] = [];
  const notes: string[] = [];
  const written: Uint8Array[] = [];
  return {
    outs,
    notes,
    written,
    out: (text) => outs.push(text),
    note: (text) => notes.push(text),
    bytes: (content) => written.push(content),
  };
}

/** An oval "person", its matte and trimap, at the size of the source; the portrait is the source plus ±0.004. */
export function fakeEnhancement(source: RasterImage, steps = 30): Enhancement {
  const { width, height } = source;
  const full = source.data instanceof Float32Array ? 1 : 255;
  const map = (value: (distance: number) => number): FloatImage => ({
    width,
    height,
    channels: 1,
    data: Float32Array.from({ length: width * height }, (_, i) => {
      const x = ((i % width) + 0.5) / width - 0.45;
      const y = (Math.floor(i / width) + 0.5) / height - 0.6;
      return value(Math.hypot(x / 0.32, y / 0.5));
    }),
  });
  const ramp = (width_: number) => (distance: number) =>
    Math.min(1, Math.max(0, 0.5 + (1 - distance) / width_));
  const matte = (softness: number, band: number) => ({
    alpha: map(ramp(softness)),
    trimap: map((distance) => (distance < 1 - band ? 1 : distance > 1 + band ? 0 : 0.5)),
    entropy: band / 4,
  });
  const rgb = (value: (index: number) => number): FloatImage => ({
    width,
    height,
    channels: 3,
    data: Float32Array.from({ length: width * height * 3 }, (_, i) =>
      Math.min(1, Math.max(0, value(i))),
    ),
  });
  const sourceAt = (i: number): number =>
    source.data[Math.floor(i / 3) * source.channels + (i % 3)]! / full;
  const best = Math.max(0, steps - 6);
  const cutOut = ({ alpha }: { alpha: FloatImage }) => ({
    alpha,
    foreground: rgb(sourceAt),
    confidence: 0.98,
    turned: 0 as const,
    warnings: [],
  });
  const before = cutOut(matte(0.4, 0.2));
  const after = cutOut(matte(0.25, 0.15));
  return {
    portrait: rgb((i) => sourceAt(i) + 0.004 * Math.sin(i / 7)),
    foreground: after.foreground,
    alpha: after.alpha,
    before,
    after,
    original: matte(0.4, 0.2),
    enhanced: matte(0.25, 0.15),
    history: Array.from({ length: steps + 1 }, (_, step) => ({
      step,
      steps,
      losses: {
        entropy: 0.05 * Math.exp(-step / 15) + 0.02,
        consistency: 1e-5 * step,
        agreement: 0.011 + 0.0001 * (step - best) ** 2,
      },
      total: 0.07 * Math.exp(-step / 15) + 0.03,
      psnr: step === 0 ? Number.POSITIVE_INFINITY : 52 - 0.35 * step,
      ...(step % 5 === 0 && { criterion: 0.02 + 0.0001 * Math.abs(step - best) }),
      best,
      elapsedSeconds: step * 0.4,
      remainingSeconds: (steps - step) * 0.4,
    })),
    bestStep: best,
    psnr: 50.9,
    seconds: 12.34,
    settings: {
      preset: 'fast',
      model: 'compact',
      backend: 'wasm',
      steps,
      workingSize: [512, 512],
      trimap: 'compact',
      generator: 'residual-pyramid',
      discriminator: null,
      perceptual: null,
      companions: [],
      judges: [],
      foreground: 'multi-level',
      learningRate: 0.0003,
      weightDecay: 0,
      weights: {
        entropy: 1,
        compositional: 0,
        consistency: 10,
        perceptual: 0,
        agreement: 1,
        alphaEntropy: 0,
        border: 0,
      },
      lossSize: [512, 512],
      optimize: 'both',
      entropyRegion: 'unknown',
      fit: 'letterbox',
      known: 'model',
      clipPortrait: true,
      fidelityReduction: 'mean-square',
      perceptualReduction: 'same',
      perceptualSize: 0,
      backgroundEvery: 'step',
      foregroundFrom: 'step',
      minPsnr: 38,
      maxBlockShift: 6,
      maxColorDifference: 3,
      adaptivity: 'tensor',
      mirror: true,
      target: 'refined',
      select: 'agreement',
      selectEvery: 5,
      seed: 0,
      output: 'residual',
      secondLook: true,
    },
    warnings: ['The perceptual loss is off: <no> model was given.'],
  };
}

/** A small picture with some structure. */
export function fakeSource(width = 24, height = 16): RasterImage {
  return {
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256),
  };
}
