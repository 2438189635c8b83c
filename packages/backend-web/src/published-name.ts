import type { WeightFile } from '@latent-matte/core';
import { models } from '@latent-matte/models';

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).split(/[?#]/)[0]!;

/**
 * Name under which a weight file is published. A bundler puts a hash into the name of the URL
 * (`compact-matting-BxV3k9aQ.safetensors`), which no server but the application's own knows.
 */
export function publishedName({ name, url, sha256 }: WeightFile): string {
  const listed = models.find((model) => model.sha256 === sha256.toLowerCase());
  return name ?? lastOf(listed?.file ?? url);
}
