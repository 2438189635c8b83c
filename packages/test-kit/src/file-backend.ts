import { readFile } from 'node:fs/promises';
import { type Backend, WeightsError } from '@latent-matte/core';
import { packageFile } from '@latent-matte/core/backend';
import { sha256 } from '@latent-matte/core/internal';

/** The least a backend must do to load embedded weights: read the file, check size and hash. */
export function fileBackend(): Backend {
  return {
    platform: 'node',
    device: 'test',
    description: 'reads weight files for tests',
    limits: { maxPixels: Number.POSITIVE_INFINITY },
    readImage: () => Promise.reject(new Error('This backend reads no images.')),
    async resolveWeights({ url, size, sha256: expected }, onProgress) {
      const apart = packageFile(url);
      const place = apart && `../../${apart.package.split('/')[1]}/${apart.path}`;
      const bytes = new Uint8Array(await readFile(new URL(place ?? url, import.meta.url)));
      if (bytes.length !== size || (await sha256(bytes)) !== expected) {
        throw new WeightsError(`${url} is not the file of the manifest.`, 'Export it again.');
      }
      onProgress?.({ url, loaded: size, total: size });
      return bytes;
    },
  };
}
