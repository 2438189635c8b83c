import { parseLatents, serializeLatents } from '@latent-matte/core';
import {
  openCheckpoint,
  parseSafetensors,
  parseTfjsManifest,
  toFloat32,
} from '@latent-matte/core/checkpoints';
import { bytesSource } from '../../../packages/core/src/weights/byte-source';
import { MemoryBudget } from '../../../packages/core/src/weights/memory-budget';
import { ZipArchive } from '../../../packages/core/src/weights/zip-archive';
import { filesOf } from '../files-of';
import { jsonOf, type Target, text } from '../target';

const FORMATS = 'packages/core/fixtures/formats';

const safetensors: Target = {
  name: 'safetensors',
  corpus: async () => filesOf(FORMATS, /\.safetensors$/),
  async run(bytes) {
    for (const tensor of parseSafetensors(bytes).tensors.values()) toFloat32(tensor);
  },
};

const checkpoint: Target = {
  name: 'checkpoint',
  corpus: async () => filesOf(FORMATS, /\.(?:pt|pth|pkl)$/),
  async run(bytes) {
    const { tensors } = await openCheckpoint(bytes);
    for (const tensor of tensors.values()) toFloat32(tensor);
  },
};

const zip: Target = {
  name: 'zip',
  corpus: async () => filesOf(FORMATS, /^zip_.*\.pt$/),
  async run(bytes) {
    const archive = await ZipArchive.open(bytesSource(bytes));
    for (const name of archive.names) await archive.read(name, new MemoryBudget(bytes.length));
  },
};

const latents: Target = {
  name: 'latents',
  async corpus() {
    const map = (shape: number[]) => ({
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    const code = { styles: map([1, 3, 4]), noise: [map([1, 4, 4, 1]), map([1, 8, 8, 1])] };
    return [serializeLatents(code, 'compact', { psnr: '40' })];
  },
  async run(bytes) {
    parseLatents(bytes);
  },
};

const manifest: Target = {
  name: 'tfjs-manifest',
  async corpus() {
    const weight = (name: string, shape: number[], more: object = {}) => ({
      name,
      shape,
      dtype: 'float32',
      ...more,
    });
    const quantization = { dtype: 'uint8', min: -1, scale: 0.1, original_dtype: 'float32' };
    const weights = [weight('a', [2, 3]), weight('b', [4], { quantization })];
    return [
      text([{ paths: ['w.bin'], weights }]),
      text({ weightsManifest: [{ paths: [], weights: [] }] }),
    ];
  },
  async run(bytes) {
    const json = jsonOf(bytes);
    if (json === undefined) return;
    const files = new Map([['w.bin', new Uint8Array(28)]]);
    for (const tensor of parseTfjsManifest(json.value, files).tensors.values()) toFloat32(tensor);
  },
};

export const weightTargets = [safetensors, checkpoint, zip, latents, manifest];
