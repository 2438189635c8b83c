import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type WeightFile, WeightsError } from '@latent-matte/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveWeights } from './resolve-weights';

const content = new Uint8Array(200_000).map((_, i) => (i * 31) % 251);
let folder: string;
let file: WeightFile;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-weights-'));
  await writeFile(join(folder, 'w.safetensors'), content);
  file = {
    url: pathToFileURL(join(folder, 'w.safetensors')).href,
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
});
afterAll(() => rm(folder, { recursive: true }));

describe('resolveWeights', () => {
  it('reads a file whose size and hash fit, and reports progress to the end', async () => {
    const loaded: number[] = [];
    const bytes = await resolveWeights(file, (progress) => loaded.push(progress.loaded));
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(loaded.length).toBeGreaterThan(1);
    expect(loaded.at(-1)).toBe(content.length);
  });

  it('refuses another size, another hash, a missing file and a remote one', async () => {
    const cases: [file: WeightFile, message: string][] = [
      [{ ...file, size: file.size - 1 }, 'bytes instead of'],
      [{ ...file, sha256: '0'.repeat(64) }, 'is not the file in the manifest'],
      [{ ...file, url: `${file.url}.none` }, 'cannot be read'],
      [{ ...file, url: 'https://example.org/w' }, 'downloads nothing'],
      [{ ...file, url: 'w.safetensors' }, 'downloads nothing'],
    ];
    for (const [wrong, message] of cases) {
      const error = await resolveWeights(wrong).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(WeightsError);
      expect((error as WeightsError).message).toContain(message);
      expect((error as WeightsError).remedy).not.toBe('');
    }
  });
});
