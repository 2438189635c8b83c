import { groupNormalization } from '@latent-matte/core/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { activate, type NetworkBuilder, type NormalizedConvolution } from '../layers';

const GROUPS = 32;

/** Weight-standardised convolution, group normalisation, activation. No bias unless the spec says so. */
export function groupNormalized(build: NetworkBuilder): NormalizedConvolution {
  return (name, norm, { activation = 'linear', bias = false, ...spec }) => {
    const convolve = build.convolution(name, { ...spec, bias, weight: 'standardized' });
    const scale = build.tensor(`${norm}.weight`, [spec.outputs]);
    const offset = build.tensor(`${norm}.bias`, [spec.outputs]);
    return (x) => {
      const normal = groupNormalization(convolve(x), {
        groups: GROUPS,
        scale: scale() as tf.Tensor1D,
        offset: offset() as tf.Tensor1D,
      });
      return activate(normal, activation);
    };
  };
}
