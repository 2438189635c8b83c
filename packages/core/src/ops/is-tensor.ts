import type { Tensor } from '@tensorflow/tfjs-core';

/** Whether a caller gave a tensor, of whichever copy of tfjs. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'dataId' in value;
