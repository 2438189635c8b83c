import type { EvaluationSample, PendingSample } from '@latent-matte/backend-node/evaluate';

/** How the pictures of a data set lie in its folder. */
export const datasetLayouts = ['triples', 'shen', 'adobe', 'coco'] as const;
export type DatasetLayout = (typeof datasetLayouts)[number];

/** One picture of a data set; nothing is decoded before `load`. */
export interface DatasetPicture extends PendingSample {
  readonly tags: readonly string[];
  readonly hasTrimap: boolean;
  /** What it is made of: absolute or relative paths, in a fixed order. */
  readonly files: readonly string[];
  load(): Promise<EvaluationSample>;
}

/** What a folder holds, and what stands in the way of using it. */
export interface Inspection {
  readonly layout: DatasetLayout;
  /** Complete pictures, by name. */
  readonly pictures: readonly DatasetPicture[];
  /** Backgrounds (layouts `adobe`, `coco`): paths. */
  readonly backgrounds: readonly string[];
  /** What was found, `12 of 300 pairs in testing/`. */
  readonly found: readonly string[];
  /** Contradictions that must be mended first; each names its files. */
  readonly problems: readonly Problem[];
  /** What the published data set has and this folder lacks; the rest can be used. */
  readonly missing: readonly string[];
}

export interface Problem {
  readonly message: string;
  readonly remedy: string;
}
