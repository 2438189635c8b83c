import { DatasetError } from '@latent-matte/backend-node/core';
import type { EvaluationSample } from '@latent-matte/backend-node/evaluate';
import type { DatasetLayout, DatasetPicture } from './dataset';
import { datasetError, inspectDataset } from './inspect-dataset';

/** The pictures of a data set with true mattes, read one at a time. */
export interface Dataset {
  readonly names: readonly string[];
  readonly pictures: readonly DatasetPicture[];
  /** What the published data set has and this folder lacks, a phrase each. */
  readonly missing: readonly string[];
  /** @param limit the first so many, by name */
  samples(limit?: number): AsyncGenerator<EvaluationSample>;
}

/**
 * Checks that a folder holds what its layout asks for: with `triples` (default) an alpha matte for each image (and
 * where there is a `trimap/`, a trimap), matched by file name without extension. Nothing is decoded before
 * `samples` is called.
 *
 * ```ts
 * import { readDataset } from 'latent-matte';
 *
 * const { names, samples } = await readDataset('data');
 * for await (const { name, image } of samples(10)) console.log(name, image.width, image.height);
 * ```
 *
 * @param layout see docs/evaluate.md
 * @throws DatasetError naming what is missing, superfluous or there twice
 */
export async function readDataset(
  folder: string,
  layout: DatasetLayout = 'triples',
): Promise<Dataset> {
  if (layout === 'coco') {
    throw new DatasetError(
      'MS COCO has no mattes to compare with.',
      'Use it for --backgrounds, and another layout for --data.',
    );
  }
  const inspection = await inspectDataset(folder, layout);
  if (inspection.problems.length > 0) throw datasetError(inspection);
  const { pictures, missing } = inspection;
  return {
    names: pictures.map(({ name }) => name),
    pictures,
    missing,
    async *samples(limit = pictures.length) {
      for (const picture of pictures.slice(0, limit)) yield picture.load();
    },
  };
}
