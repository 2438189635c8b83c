/** The npm package that holds the networks, and their licence: an optional peer of this one. */
export const SELFIE_PACKAGE = '@mediapipe/selfie_segmentation';
export const SELFIE_LICENSE = 'Apache-2.0';

export type SelfieVariant = 'square' | 'landscape';

/** One network of the package: version 0.1.1675465747. */
export interface SelfieFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What it takes. */
  readonly size: readonly [height: number, width: number];
  /** The tensor before the last logistic function: the log-odds of the person. */
  readonly logits: string;
}

export const selfieFiles: Readonly<Record<SelfieVariant, SelfieFile>> = {
  square: {
    file: 'selfie_segmentation.tflite',
    bytes: 249_024,
    sha256: '8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27',
    size: [256, 256],
    logits: 'segment',
  },
  landscape: {
    file: 'selfie_segmentation_landscape.tflite',
    bytes: 249_792,
    sha256: '4aafe6223bb8dac6fac8ca8ed56852870a33051ef3f6238822d282a109962894',
    size: [144, 256],
    logits: 'conv2d_transpose',
  },
};
