import { DatasetError } from '@latent-matte/backend-node/core';
import { inspectAdobe } from './adobe';
import { inspectCoco } from './coco';
import type { DatasetLayout, Inspection } from './dataset';
import { inspectShen } from './shen';
import { inspectTriples } from './triples';

const inspectors: Record<DatasetLayout, (folder: string) => Promise<Inspection>> = {
  triples: inspectTriples,
  shen: inspectShen,
  adobe: inspectAdobe,
  coco: inspectCoco,
};

/** What a folder holds by one of the known layouts. Nothing is decoded. @throws DatasetError bad tags or lists */
export const inspectDataset = (folder: string, layout: DatasetLayout): Promise<Inspection> =>
  inspectors[layout](folder);

/** The first problem as an error that also says how many there are. */
export function datasetError({ problems, layout }: Inspection): DatasetError {
  const [first] = problems;
  const more = problems.length - 1;
  const others =
    more > 0 ? ` (and ${more} more: latent-matte dataset check --layout ${layout})` : '';
  return new DatasetError(first!.message, `${first!.remedy}${others}`);
}
