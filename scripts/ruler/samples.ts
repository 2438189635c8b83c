import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { readImage, readMap } from '@latent-matte/backend-node';
import type { PendingPlainSample } from '@latent-matte/backend-node/evaluate';

/** The pictures of `image/`, each with its `alpha/` or `mask/`, and where there is one its `trimap/`. */
export async function samplesOf(folder: string, limit: number): Promise<PendingPlainSample[]> {
  const files = (await readdir(join(folder, 'image'))).filter((name) =>
    /\.(jpe?g|png)$/i.test(name),
  );
  const kind = existsSync(join(folder, 'alpha')) ? 'alpha' : 'mask';
  return files
    .sort()
    .slice(0, limit)
    .map((file) => {
      const { name } = parse(file);
      const trimap = join(folder, 'trimap', `${name}.png`);
      const load = async () => ({
        name,
        image: await readImage(join(folder, 'image', file)),
        [kind]: await readMap(join(folder, kind, `${name}.png`)),
        ...(existsSync(trimap) && { trimap: await readMap(trimap) }),
      });
      return { name, load };
    });
}
