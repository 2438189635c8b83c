/** What `models.json` says about one file of weights: what it is, where it comes from, under which licence. */
export interface CompactWeights {
    readonly id: string;
    readonly kind: 'trimap' | 'matting' | 'discriminator' | 'generator' | 'encoder';
    readonly description: string;
    /** Path in this package. */
    readonly file: string;
    readonly size: number;
    /** Lower-case hex. */
    readonly sha256: string;
    /** SPDX identifier of the licence of the weights. */
    readonly license: string;
    readonly trainedOn: string;
    readonly command: string;
    readonly metrics: Readonly<Record<string, number | string>>;
}
/** The files of this package. */
export declare const compactWeights: readonly CompactWeights[];
