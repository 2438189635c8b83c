import type { WeightFile } from '@latent-matte/core';

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).split(/[?#]/)[0]!;

/**
 * Name under which a weight file is published. A bundler puts a hash into the name of the URL
 * (`compact-matting-BxV3k9aQ.safetensors`), which no server but the application's own knows.
 */
export const publishedName = ({ name, url }: WeightFile): string => name ?? lastOf(url);
