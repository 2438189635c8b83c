import manifest from '../models.json' with { type: 'json' };

/** One network in `models.json`: what it is, where its weights are, under which licence. */
export interface ModelEntry {
  readonly id: string;
  readonly kind: 'trimap' | 'matting' | 'discriminator' | 'generator' | 'encoder';
  readonly description: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  /** SPDX identifier of the licence of the weights. */
  readonly license: string;
  readonly trainedOn: string;
  readonly command: string;
  readonly metrics: Readonly<Record<string, number | string>>;
}

/** The networks that come with this package. */
export const models: readonly ModelEntry[] = manifest.models as unknown as ModelEntry[];
