import { WeightFormatError } from '@latent-matte/core';
import { branch, withCaptured } from './branches';
import { comparisons } from './comparisons';
import { type CompiledGraph, compileGraph, type OperatorSet } from './compile-graph';
import { conv, convTranspose } from './convolutions';
import { elementwise } from './elementwise';
import { foldConstants } from './fold-constants';
import { fuseConvolutions } from './fuse-convolutions';
import { affineGrid, gridSample } from './grid-sample';
import { indexing } from './indexing';
import { assertKnownBeforehand } from './known-beforehand';
import {
  layerNormalization,
  normNormalization,
  rootMeanSquareNormalization,
} from './layer-normalization';
import { loop } from './loops';
import { movement } from './movement';
import { normalizations } from './normalizations';
import type { OnnxModel } from './onnx-model';
import { pooling } from './pooling';
import { products } from './products';
import { quantized } from './quantized';
import { recurrentLayers } from './recurrent';
import { reductions } from './reductions';
import { resizeOperator } from './resize';
import { scattering } from './scattering';
import { sequences } from './sequences';
import { shapes } from './shapes';
import { slicing } from './slicing';

const OLDEST = 7;
const NEWEST = 23;

const operators: OperatorSet['operators'] = {
  ...elementwise,
  ...comparisons,
  ...reductions,
  ...products,
  ...pooling,
  ...movement,
  ...slicing,
  ...shapes,
  ...quantized,
  ...normalizations,
  ...sequences,
  ...indexing,
  ...scattering,
  ...recurrentLayers,
  Resize: resizeOperator,
  Upsample: resizeOperator,
  If: branch,
  Loop: loop,
  GridSample: gridSample,
  AffineGrid: affineGrid,
  Conv: conv,
  ConvTranspose: convTranspose,
  LayerNormalization: layerNormalization,
  LpNormalization: normNormalization,
  RMSNormalization: rootMeanSquareNormalization,
};

const readAtLoad: OperatorSet['readAtLoad'] = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  BatchNormalization: [1, 2, 3, 4],
  RNN: [1, 2, 3],
  GRU: [1, 2, 3],
  LSTM: [1, 2, 3],
  ConvInteger: [1, 3],
  MatMulInteger: [1, 3],
  QLinearConv: [1, 2, 3, 4, 5, 6, 7, 8],
  QLinearMatMul: [1, 2, 3, 4, 5, 6, 7],
};

/** The operators that `fromOnnx` knows, sorted. */
export const onnxOperators: readonly string[] = [...Object.keys(operators), 'Constant'].sort();

/**
 * Prepares the part of a graph that an output needs. Nothing is run: a graph that cannot be run is refused here.
 *
 * @throws WeightFormatError the operator set is too old or too new, operators are unknown (all of them, with their
 *   nodes), an input is missing, the graph has a cycle, an attribute is not supported
 */
export function compileOnnx(model: OnnxModel, output: string): CompiledGraph {
  if (model.opset < OLDEST || model.opset > NEWEST) {
    throw new WeightFormatError(
      `The model uses operator set ${model.opset}; ${OLDEST} to ${NEWEST} are supported.`,
      'Export it with an operator set in that range, or convert it with onnx.version_converter.',
    );
  }
  const constants = new Map(model.constants);
  const folded = withCaptured(foldConstants(model.nodes, constants), constants);
  const nodes = fuseConvolutions(folded, constants, output);
  return compileGraph({ ...model, nodes, constants }, [output], {
    operators,
    readAtLoad,
    check: assertKnownBeforehand,
  });
}
