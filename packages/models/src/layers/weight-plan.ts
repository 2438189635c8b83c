import { countOf } from '../count-of';
import {
  type BatchNormalization,
  foldBatchNormalization,
  foldSpectralNormalization,
  standardizeWeights,
} from './fold';
import type { LayerSpec, NormSpec } from './layer-specs';
import {
  type AxisOrders,
  convolutionOrders,
  permuted,
  transposeValues,
  type WeightLayout,
} from './weight-layout';

/** Checked values by name. */
export type Values = Readonly<Record<string, Float32Array>>;

/** The folded weight of a layer in PyTorch's layout, and its bias. */
export interface FoldedWeight {
  readonly data: Float32Array;
  readonly bias: Float32Array | undefined;
}

/** Folding can make numbers as small as those that `assignWeights` removed. */
const FLUSH_BELOW = 1e-30;

/** Collects which tensors the layers of a network want. */
export class WeightPlan {
  /** Shape by name. */
  readonly expected: Record<string, readonly number[]> = {};
  readonly layout: WeightLayout;

  constructor(layout: WeightLayout = 'pytorch') {
    this.layout = layout;
  }

  expect(key: string, shape: readonly number[]): void {
    this.expected[key] = shape;
  }

  /**
   * Expects the tensors of one layer.
   *
   * @param shape of its weight in PyTorch's layout, which is also that of what is read
   * @param outputAxis the axis of `shape` that counts the outputs
   * @param orders where the axes of a filter are in TensorFlow's layout
   * @returns reads and folds them
   */
  layer(
    name: string,
    shape: readonly number[],
    outputAxis: 0 | 1,
    { norm, bias = norm === undefined, weight = 'plain' }: LayerSpec,
    orders: AxisOrders = convolutionOrders,
  ): (values: Values) => FoldedWeight {
    const outputs = shape[outputAxis];
    const key = weight === 'spectral' ? `${name}.weight_bar` : `${name}.weight`;
    const turned = this.layout === 'tensorflow' && shape.length === 4;
    const stored = turned ? permuted(shape, orders.to) : shape;
    this.expect(key, stored);
    if (weight === 'spectral') {
      this.expect(`${name}.weight_u`, [shape[0]]);
      this.expect(`${name}.weight_v`, [countOf(shape.slice(1))]);
    }
    if (bias) this.expect(`${name}.bias`, [outputs]);
    const readNorm = norm && this.norm(norm, norm.channels ?? outputs);
    return (values) => {
      // A copy: two layers may share one tensor.
      const data = turned ? transposeValues(values[key], stored, orders.from) : values[key].slice();
      if (weight === 'spectral') {
        foldSpectralNormalization(data, values[`${name}.weight_u`], values[`${name}.weight_v`]);
      } else if (weight === 'standardized') {
        standardizeWeights(data, outputs);
      }
      const ownBias = bias ? values[`${name}.bias`] : undefined;
      const folded = readNorm
        ? foldBatchNormalization(data, shape, outputAxis, ownBias, readNorm(values))
        : ownBias;
      for (let i = 0; i < data.length; i++) if (Math.abs(data[i]) < FLUSH_BELOW) data[i] = 0;
      return { data, bias: folded };
    };
  }

  /** Expects a BatchNorm2d. */
  norm(
    { name, epsilon = 1e-5 }: NormSpec,
    channels: number,
  ): (values: Values) => BatchNormalization {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) {
      this.expect(`${name}.${part}`, [channels]);
    }
    return (values) => ({
      weight: values[`${name}.weight`],
      bias: values[`${name}.bias`],
      mean: values[`${name}.running_mean`],
      variance: values[`${name}.running_var`],
      epsilon,
    });
  }
}
